"""What documents do to a matter: its request, the references of both sides, its state."""

from __future__ import annotations

from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import send, sign
from rogatory.node.matters.life import IllegalStep, Role, State, Step, advance
from rogatory.node.matters.views import MatterKind
from rogatory.node.store import counters
from rogatory.node.store.documents import DocumentRow, documents_of, get_document, get_envelope, set_void
from rogatory.node.store.matters import (
    MatterRow,
    get_matter,
    get_parties,
    set_reference,
    set_request,
    set_role,
    set_state,
)
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import (
    DocumentReceipt,
    DocumentRef,
    Payload,
    Reply,
    Request,
    peek_document,
    timestamp,
)

MOVES = frozenset({Request.KIND, Reply.KIND, DocumentReceipt.KIND})
"""Kinds that can change where a matter stands."""


def take_effect(tx: Tx, channel: bytes, payload: Payload) -> None:
    """Apply a document to its matter. Raises IllegalStep for one that does not go from where the matter stands."""
    matter = get_matter(tx.connection, channel)
    body = payload.body
    if matter is None:
        return
    if isinstance(body, Request):
        _requested(tx, matter, payload, body)
    elif isinstance(body, Reply) and matter.request is not None:
        _check_ref(tx, matter, body.request)
        _step(tx, matter, payload.author, Step(body.outcome.value))
        _note_reference(tx, channel, payload.author, body.reference)
    elif isinstance(body, DocumentReceipt) and body.document.id == (matter.request or b"").hex():
        _check_ref(tx, matter, body.document)
        _step(tx, matter, payload.author, Step.RECEIPT)
        _note_reference(tx, channel, payload.author, body.reference)


def replay(tx: Tx, matter: MatterRow) -> None:
    """Derive the matter's state anew: documents that were missing came later than their place in the log."""
    set_state(tx.connection, matter.channel, State.OPEN)
    set_request(tx.connection, matter.channel, None)
    for row in documents_of(tx.connection, matter.channel):
        if row.kind in MOVES and row.seq is not None and row.stage != Stage.VOID:
            apply(tx, row)


def apply(tx: Tx, row: DocumentRow) -> None:
    """Apply a document that is entered; one that changes nothing is marked with the reason."""
    document = peek_document(get_envelope(tx.connection, row.row))  # verified when it was entered
    reason = None
    try:
        take_effect(tx, row.channel, document.payload)
    except IllegalStep as error:
        reason = str(error)
    if reason != row.void:
        set_void(tx.connection, row.row, reason)


def acknowledge_request(tx: Tx, channel: bytes, payload: Payload, digest: bytes, seq: int, head: bytes) -> None:
    """Sign for a request that was addressed to this authority, under a file number of our own; once."""
    if tx.authority not in payload.addressees:
        return
    own = next(party for party in get_parties(tx.connection, channel) if party.authority == tx.authority)
    if own.reference is not None:
        return
    reference = own_reference(tx)
    set_reference(tx.connection, channel, tx.authority, reference)
    receipt = DocumentReceipt(
        document=DocumentRef(id=payload.id, digest=digest.hex()),
        seq=seq,
        head=head.hex(),
        received_at=timestamp(int(tx.now)),
        reference=reference,
    )
    send(tx, sign(tx, channel, receipt, addressees=(payload.author,), in_reply_to=payload.message_id))


def own_reference(tx: Tx) -> str:
    """A new file number of this authority, as KE.CENTRAL/2026/00017."""
    year = timestamp(int(tx.now))[:4]
    number = counters.next_number(tx.connection, f"reference {year}")
    return f"{tx.authority.upper()}/{year}/{number:05d}"


def _requested(tx: Tx, matter: MatterRow, payload: Payload, body: Request) -> None:
    if matter.request is not None:
        raise IllegalStep("the matter has its request already: open another matter for a further one")
    set_request(tx.connection, matter.channel, payload.message_id)
    set_state(tx.connection, matter.channel, State.SENT, MatterKind.REQUEST)
    set_role(tx.connection, matter.channel, [payload.author], Role.REQUESTING)
    set_role(tx.connection, matter.channel, payload.addressees, Role.REQUESTED)
    set_reference(tx.connection, matter.channel, payload.author, body.reference)


def _check_ref(tx: Tx, matter: MatterRow, ref: DocumentRef) -> None:
    request = get_document(tx.connection, matter.channel, matter.request or b"")
    if request is None or ref.id != request.id.hex() or ref.digest != request.digest.hex():
        raise IllegalStep("it refers to another request than this matter's")


def _step(tx: Tx, matter: MatterRow, author: str, step: Step) -> None:
    parties = {party.authority: Role(party.role) for party in get_parties(tx.connection, matter.channel)}
    state = advance(State(matter.state), step, parties.get(author, Role.CONSULTED))
    set_state(tx.connection, matter.channel, state)


def _note_reference(tx: Tx, channel: bytes, author: str, reference: str) -> None:
    if reference:
        set_reference(tx.connection, channel, author, reference)
