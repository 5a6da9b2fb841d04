"""The proof file of a document: all that this node holds that shows who said it, when, and who has read it."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from rogatory.node.errors import Conflict
from rogatory.node.inbox.lookup import find_document
from rogatory.node.store import channels, log, members, own_entries
from rogatory.node.store.carriers import carrier_of
from rogatory.node.store.documents import DocumentRow, get_document, get_envelope
from rogatory.node.store.evidences import evidences_of, superseded_of
from rogatory.node.store.first_acknowledgements import firsts_between
from rogatory.node.store.timestamps import first_from
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.documents import Stated
from rogatory.protocol.header import Header, genesis
from rogatory.protocol.proof import ProvenDocument, build_proof
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.text import message
from rogatory.protocol.timestamp import Timestamp


def prove(tx: Tx, document: str) -> bytes:
    """A document's proof file, by the first digits of its id, for `rogatory-keys verify`.

    When it was there at the latest is told by the first receipt that this node got for an entry of its own at that
    place or later. Raises NotFound, RefusedInput; Conflict where this node holds no entry of the log that carried it.
    """
    row = find_document(tx, document)
    carrier = carrier_of(tx.connection, row.channel, row.author, row.id)
    if carrier is None:
        raise Conflict(
            message("this node does not hold the entry of the log that carried the document"),
            message(
                "wait until the relay has taken it; what came before a rejoin can be proven by another party's node"
            ),
        )
    proven = ProvenDocument(carrier.seq, carrier.salt, carrier.body, get_envelope(tx.connection, row.row))
    both = {each.seq: each for each in (proven, *_statements(tx, row))}
    return prove_together(tx, row.channel, [both[seq] for seq in sorted(both)])


def prove_together(tx: Tx, channel: bytes, documents: Sequence[ProvenDocument], up_to: int = 0) -> bytes:
    """The proof file of documents of a channel, in the order of its log, with its headers at least `up_to` there.

    Raises Conflict where this node does not hold the log before the first of them.
    """
    row = channels.get(tx.connection, channel)
    known = 0 if row is None else row.head_seq
    kept = _Kept(tx, channel, documents[0].seq, known)
    receipts: dict[int, Receipt] = {}
    acknowledgements: dict[tuple[str, int], Acknowledgement] = {}
    for document in documents:
        receipts |= {one.seq: one for one in _receipts(tx, channel, document.seq, known)}
        acknowledgements |= {(one.member, one.seq): one for one in kept.of(document.seq)}
    first = documents[0].seq
    found = (first_from(tx.connection, channel, each.seq, known) for each in documents)
    stamped = {each.seq: each for each in found if each is not None}
    last = max([up_to, documents[-1].seq, *receipts, *(seq for _, seq in acknowledgements), *stamped])
    evidence = [acknowledgements[key] for key in sorted(acknowledgements)]
    return build_proof(
        _headers(tx, channel, first, last),
        documents,
        [receipts[seq] for seq in sorted(receipts)],
        evidence,
        [Timestamp(seq, stamped[seq].head, stamped[seq].response) for seq in sorted(stamped)],
    )


def _statements(tx: Tx, row: DocumentRow) -> Iterator[ProvenDocument]:
    """The evidences by which nodes stated something of a document."""
    known = [*evidences_of(tx.connection, row.row), *superseded_of(tx.connection, row.row)]
    for author, source in sorted({(each.by, each.source) for each in known if each.finding in set(Stated)}):
        document = get_document(tx.connection, row.channel, source, author)
        carrier = carrier_of(tx.connection, row.channel, author, source)
        if document is not None and carrier is not None:
            yield ProvenDocument(carrier.seq, carrier.salt, carrier.body, get_envelope(tx.connection, document.row))


def _receipts(tx: Tx, channel: bytes, seq: int, up_to: int) -> list[Receipt]:
    found = own_entries.first_receipt(tx.connection, channel, seq, up_to)
    return [] if found is None else [msgspec.msgpack.decode(found, type=Receipt)]


class _Kept:
    """The acknowledgements held here of entries `first` to `up_to`."""

    def __init__(self, tx: Tx, channel: bytes, first: int, up_to: int) -> None:
        self._joined = members.joined_at(tx.connection, channel)
        self._firsts: dict[str, list[Acknowledgement]] = {}
        for encoded in firsts_between(tx.connection, channel, first, up_to):
            one = msgspec.msgpack.decode(encoded, type=Acknowledgement)
            if not _is_compromised(tx, one):
                self._firsts.setdefault(one.member, []).append(one)
        newest = members.acknowledgements_between(tx.connection, channel, first, up_to)
        self._newest = [msgspec.msgpack.decode(encoded, type=Acknowledgement) for encoded in newest]

    def of(self, seq: int) -> list[Acknowledgement]:
        """Of each member the first that covers the entry and whose keys are not known as stolen, else its newest.

        Whoever was added later acknowledges the log too, and had no key for the entry.
        """
        found = {one.member: one for one in self._newest if one.seq >= seq}
        for member, firsts in self._firsts.items():
            following = itertools.islice(firsts, bisect_left(firsts, seq, key=lambda one: one.seq), None)
            covering = next((one for one in following if one.covers(seq)), None)
            if covering is not None:
                found[member] = covering
        return [found[member] for member in sorted(found) if self._joined.get(member, 0) <= seq]


def _is_compromised(tx: Tx, acknowledgement: Acknowledgement) -> bool:
    entry = None if tx.known_directory is None else tx.known_directory.authority_entries.get(acknowledgement.member)
    key_sets = () if entry is None else entry.key_sets
    return any(one.version == acknowledgement.key_set and one.compromised_since is not None for one in key_sets)


def _headers(tx: Tx, channel: bytes, first: int, last: int) -> list[Header]:
    rows = log.headers_between(tx.connection, channel, first - 1, last)
    previous = genesis(channel).hash
    if first > 1:
        if not rows or rows[0].seq != first - 1:
            raise Conflict(message("this node does not hold the log before the document's entry"))
        previous, rows = rows[0].hash, rows[1:]
    headers = []
    for row in rows:
        headers.append(Header(channel, row.seq, row.author, row.form, row.body_hash, previous))
        previous = row.hash
    return headers
