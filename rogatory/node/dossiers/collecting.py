"""What a dossier is made of: a matter's documents in the order of the log, and how each of them is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rogatory.node.inbox.views import Stage
from rogatory.node.proofs.exporting import prove_together
from rogatory.node.store import channels, members
from rogatory.node.store.amendments import get_signatures
from rogatory.node.store.carriers import CarrierRow, carrier_of
from rogatory.node.store.documents import DocumentRow, documents_of, get_envelope
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Amendment, UnverifiedDocument, peek_document
from rogatory.protocol.dossier.account import Account, Placed, Told, place_in
from rogatory.protocol.proof import ProvenDocument, decode_proof

MOST_IN_PROOF: Final = 32
"""Documents in one proof file: all of them are in memory together, with some megabytes at most each."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document that stands in the log, or a party's consent to one (`row` is the amendment's then). `proven`: the
    entry that carried it is held.
    """

    row: DocumentRow
    signer: str
    seq: int
    proven: bool

    @property
    def judged(self) -> str | None:
        """Why this node gave it no effect, whatever the table of a request's life says."""
        return str(self.row.void) if self.row.void is not None and self.row.stage == Stage.VOID else None


@dataclass(frozen=True, slots=True)
class Collected:
    """The account of a matter: `items` and what is `told` of them stand side by side, `parts` are the proven items."""

    items: Sequence[Item]
    told: Sequence[Told]
    parts: Sequence[Sequence[Item]]
    account: Account

    @property
    def limits(self) -> Sequence[str]:
        """Of the whole matter."""
        return self.account.limits


def collect(tx: Tx, channel: bytes) -> Collected:
    """Everything that this node holds of a matter and stands in its log. Raises Conflict where the log has gaps."""
    items = sorted(_items(tx, channel), key=lambda item: (item.seq, not item.proven))
    proven = [item for item in items if item.proven]
    parts = _parts(proven, members.joined_at(tx.connection, channel).values())
    places: dict[int, Placed] = {}
    for number in range(len(parts)):
        proof = decode_proof(proof_of(tx, parts, number))
        places |= {item.seq: place_in(proof, item.seq, item.signer) for item in parts[number]}
    account = Account()
    told = []
    for item in items:
        place = places[item.seq] if item.proven else Placed(item.seq)
        told.append(account.tell(document_of(tx, item), place, item.judged))
    return Collected(items, told, parts, account)


def _parts(proven: Sequence[Item], joined: Collection[int]) -> list[list[Item]]:
    """A new part begins where members joined, too: their acknowledgements do not speak of what came before."""
    parts: list[list[Item]] = []
    for item in proven:
        last = parts[-1] if parts else None
        if last is None or len(last) == MOST_IN_PROOF or any(last[-1].seq < seq <= item.seq for seq in joined):
            parts.append([item])
        else:
            last.append(item)
    return parts


def document_of(tx: Tx, item: Item) -> UnverifiedDocument:
    """The document; its signatures were checked when it came."""
    return peek_document(_envelope(tx, item))


def proof_of(tx: Tx, parts: Sequence[Sequence[Item]], number: int) -> bytes:
    """A part's proof file. Its headers lead up to the next part, so that all of them show one log."""
    part = parts[number]
    documents = []
    for item in part:
        carrier = _carrier(tx, item.row, item.signer)
        assert carrier is not None
        documents.append(ProvenDocument(carrier.seq, carrier.salt, carrier.body, _envelope(tx, item)))
    up_to = parts[number + 1][0].seq - 1 if number + 1 < len(parts) else 0
    return prove_together(tx, part[0].row.channel, documents, up_to)


def _items(tx: Tx, channel: bytes) -> Iterator[Item]:
    row = channels.get(tx.connection, channel)
    known = 0 if row is None else row.head_seq
    for document in documents_of(tx.connection, channel):
        if document.seq is None:
            continue
        yield _item(tx, document, document.author, document.seq, known)
        if document.kind == Amendment.KIND:
            for signer in get_signatures(tx.connection, channel, document.digest):
                if signer != document.author:
                    yield _item(tx, document, signer, document.seq, known)


def _item(tx: Tx, row: DocumentRow, signer: str, seq: int, known: int) -> Item:
    carrier = _carrier(tx, row, signer)
    if carrier is None or carrier.seq > known:
        return Item(row, signer, seq, proven=False)
    return Item(row, signer, carrier.seq, proven=True)


def _carrier(tx: Tx, row: DocumentRow, signer: str) -> CarrierRow | None:
    return carrier_of(tx.connection, row.channel, signer, row.id)


def _envelope(tx: Tx, item: Item) -> bytes:
    if item.signer == item.row.author:
        return get_envelope(tx.connection, item.row.row)
    return get_signatures(tx.connection, item.row.channel, item.row.digest)[item.signer]
