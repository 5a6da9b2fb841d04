"""What documents do to a matter: its request, the references of both sides, its state."""

from __future__ import annotations

from typing import Final

import msgspec

from rogatory.node.inbox.views import Direction, Stage
from rogatory.node.inbox.writing import send, sign
from rogatory.node.matters.views import MatterKind
from rogatory.node.store import counters, courses, relations
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
    Objection,
    Payload,
    Reply,
    Request,
    peek_document,
    timestamp,
)
from rogatory.protocol.life.course import Course, advance, begin, receive
from rogatory.protocol.life.table import IllegalStep, Role, State
from rogatory.protocol.text import message, text_of

MOVES = frozenset({Request.KIND, Reply.KIND, DocumentReceipt.KIND})
"""Kinds that can change where a matter stands."""

_decoder: Final = msgspec.json.Decoder(Course)


def course_of(tx: Tx, channel: bytes) -> Course | None:
    """Where the matter's request stands by the log; None without a request."""
    found = courses.get(tx.connection, channel)
    return None if found is None else _decoder.decode(found)


def request_of(tx: Tx, matter: MatterRow) -> DocumentRow | None:
    """The matter's request, if the log has it. Another author's document may bear its id, too."""
    course = None if matter.request is None else course_of(tx, matter.channel)
    if course is None or matter.request is None:
        return None
    return get_document(tx.connection, matter.channel, matter.request, course.requesting)


def course_to_come(tx: Tx, channel: bytes) -> Course | None:
    """As `course_of`, and after the steps of this authority that wait to be sent."""
    course = course_of(tx, channel)
    if course is None:
        return None
    for row in documents_of(tx.connection, channel):
        if row.kind == Reply.KIND and row.seq is None and row.direction == Direction.SENT and row.stage != Stage.VOID:
            body = peek_document(get_envelope(tx.connection, row.row)).payload.body
            assert isinstance(body, Reply)
            try:
                course = advance(course, row.author, body, row.digest)
            except IllegalStep:  # another step overtook it; its officer is told when the log has it
                continue
    return course


def take_effect(tx: Tx, channel: bytes, payload: Payload, digest: bytes) -> None:
    """Apply a document to its matter. Raises IllegalStep for one that does not go from where the matter stands."""
    matter = get_matter(tx.connection, channel)
    body = payload.body
    if matter is None:
        return
    course = course_of(tx, channel)
    if isinstance(body, Request):
        _requested(tx, matter, payload, digest)
    elif isinstance(body, Reply) and course is not None:
        _lead_on(tx, channel, advance(course, payload.author, body, digest))
        _note_reference(tx, channel, payload.author, body.reference)
    elif isinstance(body, DocumentReceipt) and course is not None and body.document.id == course.request:
        if body.document.digest != course.first.hex():
            raise IllegalStep(message("it refers to another request than this matter's"))
        _lead_on(tx, channel, receive(course, payload.author))
        _note_reference(tx, channel, payload.author, body.reference)


def replay(tx: Tx, matter: MatterRow) -> None:
    """Derive the matter's state anew: documents that were missing came later than their place in the log."""
    set_state(tx.connection, matter.channel, State.OPEN)
    set_request(tx.connection, matter.channel, None)
    courses.delete(tx.connection, matter.channel)
    for row in documents_of(tx.connection, matter.channel):
        if row.kind in MOVES and row.seq is not None and row.stage != Stage.VOID:
            apply(tx, row)


def apply(tx: Tx, row: DocumentRow) -> None:
    """Apply a document that is entered; one that changes nothing is marked with the reason."""
    document = peek_document(get_envelope(tx.connection, row.row))  # verified when it was entered
    reason = None
    try:
        take_effect(tx, row.channel, document.payload, row.digest)
    except IllegalStep as error:
        reason = text_of(error)
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


def object_to(tx: Tx, row: DocumentRow) -> None:
    """Tell the author of a step without effect why, if this authority stands on a side of the request."""
    course = course_of(tx, row.channel)
    if course is None or course.role(tx.authority) is Role.CONSULTED:
        return
    ref = DocumentRef(id=row.id.hex(), digest=row.digest.hex())
    objection = Objection(document=ref, reason=str(row.void or "it has no effect"))
    send(tx, sign(tx, row.channel, objection, addressees=(row.author,), in_reply_to=row.id))


def own_reference(tx: Tx) -> str:
    """A new file number of this authority, as KE.CENTRAL/2026/00017."""
    year = timestamp(int(tx.now))[:4]
    number = counters.next_number(tx.connection, f"reference {year}")
    return f"{tx.authority.upper()}/{year}/{number:05d}"


def _requested(tx: Tx, matter: MatterRow, payload: Payload, digest: bytes) -> None:
    if matter.request is not None:
        raise IllegalStep(message("the matter has its request already: open another matter for a further one"))
    course = begin(payload, digest)
    set_request(tx.connection, matter.channel, payload.message_id)
    set_state(tx.connection, matter.channel, State.SENT, MatterKind.REQUEST)
    set_role(tx.connection, matter.channel, [course.requesting], Role.REQUESTING)
    set_role(tx.connection, matter.channel, course.requested, Role.REQUESTED)
    assert isinstance(payload.body, Request)
    set_reference(tx.connection, matter.channel, payload.author, payload.body.reference)
    named = [bytes.fromhex(each.digest) for each in payload.body.related if each.digest is not None]
    relations.put(tx.connection, matter.channel, named)
    _lead_on(tx, matter.channel, course)


def _lead_on(tx: Tx, channel: bytes, course: Course) -> None:
    courses.put(tx.connection, channel, msgspec.json.encode(course))
    set_state(tx.connection, channel, course.state)


def _note_reference(tx: Tx, channel: bytes, author: str, reference: str) -> None:
    if reference:
        set_reference(tx.connection, channel, author, reference)
