"""Documents and events as they are entered, and how a document's stage moves on with its evidences."""

from __future__ import annotations

import msgspec

from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.evidences import Entered, enter
from rogatory.node.inbox.titles import title_of
from rogatory.node.inbox.views import Direction, Stage
from rogatory.node.store import members
from rogatory.node.store.documents import (
    DocumentRow,
    count_opened,
    deliveries_of,
    get_document,
    put_deliveries,
    put_document,
    read_up_to,
    sent_between,
    set_read_up_to,
    set_receipt,
    set_stage,
)
from rogatory.node.store.events import EventRow, add_event
from rogatory.node.store.evidences import evidences_of, superseded_of
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.documents import Document, Evidence, Payload, UnverifiedDocument
from rogatory.protocol.dossier.moments import moment_of
from rogatory.protocol.evidence.rules import Finding
from rogatory.protocol.evidence.wording import wording
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.rejection import FINAL, Rejection
from rogatory.protocol.text import in_words, message


def record(
    tx: Tx,
    kind: EventKind,
    summary: str,
    *,
    channel: bytes | None = None,
    document: bytes | None = None,
    author: str | None = None,
    code: str | None = None,
) -> None:
    """Enter an event into the inbox."""
    add_event(
        tx.connection,
        EventRow(
            at=tx.now,
            kind=kind,
            summary=summary,
            channel=channel,
            document=document,
            author=author,
            code=code,
        ),
    )


def keep(
    tx: Tx,
    document: Document | UnverifiedDocument,
    stage: Stage,
    *,
    seq: int | None = None,
    logged_at: float | None = None,
    recipients: tuple[str, ...] = (),
    void: str | None = None,
) -> DocumentRow | None:
    """Enter a document; None if it was entered before. `logged_at` in Unix seconds."""
    payload = document.payload
    row = DocumentRow(
        channel=payload.channel_id,
        id=payload.message_id,
        author=payload.author,
        kind=payload.kind,
        digest=document.digest,
        title=title_of(payload),
        written_at=payload.written_at,
        direction=Direction.SENT if payload.author == tx.authority else Direction.RECEIVED,
        stage=stage,
        thread_id=None if payload.thread is None else payload.thread.id,
        thread_subject=None if payload.thread is None else payload.thread.subject,
        in_reply_to=payload.in_reply_to,
        seq=seq,
        logged_at=logged_at,
        recipients=recipients,
        void=void,
    )
    return put_document(tx.connection, row, document.envelope)


def recipients_of(tx: Tx, payload: Payload) -> tuple[str, ...]:
    """Whose acknowledgement makes a document delivered: its addressees; without any, all other members."""
    if payload.addressees:
        return payload.addressees
    present = members.present(tx.connection, payload.channel_id)
    return tuple(member.authority for member in present if member.authority != payload.author)


def accepted(tx: Tx, channel: bytes, message_id: bytes, receipt: Receipt) -> None:
    """The relay's verified receipt for one of our documents came; the first one is kept."""
    row = get_document(tx.connection, channel, message_id, tx.authority)
    if row is None or row.receipt is not None:
        return
    stage = Stage.ACCEPTED if row.stage == Stage.QUEUED else Stage(row.stage)
    set_receipt(tx.connection, row.row, msgspec.msgpack.encode(receipt), stage)
    enter(tx, row.row, receipt.relay, Finding.ACCEPTANCE, at=receipt.time, by=receipt.relay)
    if stage is Stage.VOID or row.kind == Evidence.KIND:  # its author was told before that it counts for nothing
        return
    record(
        tx,
        EventKind.DOCUMENT_ACCEPTED,
        message("the relay took the {kind}: {title}", kind=in_words(row.kind), title=row.title),
        channel=channel,
        document=message_id,
    )


def rejected(tx: Tx, channel: bytes, message_id: bytes, rejection: Rejection) -> None:
    """The relay's verified rejection of one of our documents came; of each code the first one is kept."""
    row = get_document(tx.connection, channel, message_id, tx.authority)
    relay, refused, source = rejection.relay, rejection.refused, msgspec.msgpack.encode(rejection)
    finding, at, code = Finding.REJECTION, refused.time, refused.code
    if row is None or code not in FINAL:
        return
    known = (*evidences_of(tx.connection, row.row), *superseded_of(tx.connection, row.row))
    if (finding, code) in {(each.finding, each.detail) for each in known}:  # it is refused again whenever it is tried
        return
    if enter(tx, row.row, relay, finding, at=at, by=relay, source=source, detail=code) is not Entered.NOTHING:
        tell_evidence(tx, row, finding, of=relay, by=relay, at=at, detail=code)


def acknowledged(tx: Tx, channel: bytes, acknowledgement: Acknowledgement) -> None:
    """A member's verified acknowledgement: enter for each of our documents that it newly covers what it proves."""
    member = acknowledgement.member
    before = read_up_to(tx.connection, channel, member)
    if acknowledgement.seq <= before:
        return
    membership = members.get(tx.connection, channel, member)
    since = 0 if membership is None else membership.since_seq
    # What is from before it joined, or from the gap before it rejoined: it had no key for it.
    read = [pair for pair in sent_between(tx.connection, channel, before, acknowledgement.seq) if pair[0] >= since]
    opened = [row for seq, row in read if acknowledgement.covers(seq)]
    excepted = [row for seq, row in read if not acknowledgement.covers(seq)]
    put_deliveries(tx.connection, (row.row for row in opened), member, tx.now, excepted=False)
    put_deliveries(tx.connection, (row.row for row in excepted), member, tx.now, excepted=True)
    delivered: list[int] = []
    for seq, row in read:
        covered = acknowledgement.covers(seq)
        _enter_delivery(tx, row, member, covered)
        if covered and _is_delivered(tx, row, member):
            delivered.append(row.row)
            _tell_delivered(tx, row)
    set_stage(tx.connection, delivered, Stage.DELIVERED)
    set_read_up_to(tx.connection, channel, member, acknowledgement.seq)


def tell_evidence(
    tx: Tx, document: DocumentRow, finding: Finding, *, of: str, by: str, at: int, detail: str = ""
) -> None:
    """Tell the officer what an evidence says of one of this authority's own documents. `at` in Unix milliseconds."""
    if document.author == tx.authority:
        said = wording(finding, of=of, by=by, at=moment_of(at), detail=detail)
        record(
            tx,
            EventKind.EVIDENCE,
            message("{kind} {title}: {said}", kind=in_words(document.kind), title=document.title, said=said),
            channel=document.channel,
            document=document.id,
            author=by,
            code=finding.value,
        )


def _enter_delivery(tx: Tx, row: DocumentRow, member: str, opened: bool) -> None:
    finding, at = Finding.DELIVERY if opened else Finding.EXCEPTION, int(tx.now * 1000)
    entered = enter(tx, row.row, member, finding, at=at, by=member)
    usual = entered is Entered.NOTHING or (entered is Entered.FIRST and opened)
    if not usual and row.kind != Evidence.KIND:
        tell_evidence(tx, row, finding, of=member, by=member, at=at)


def _is_delivered(tx: Tx, row: DocumentRow, member: str) -> bool:
    """Whether everybody has it, now that `member` has opened it."""
    under_way = row.stage in (Stage.QUEUED, Stage.ACCEPTED)
    return under_way and (list(row.recipients) == [member] or _opened_by_all(tx, row))


def _tell_delivered(tx: Tx, row: DocumentRow) -> None:
    if row.kind != Evidence.KIND:
        record(
            tx,
            EventKind.DOCUMENT_DELIVERED,
            message("the {kind} reached everybody it is for: {title}", kind=in_words(row.kind), title=row.title),
            channel=row.channel,
            document=row.id,
        )


def _opened_by_all(tx: Tx, row: DocumentRow) -> bool:
    if count_opened(tx.connection, row.row) < len(row.recipients):
        return False
    opened_by = {delivery.authority for delivery in deliveries_of(tx.connection, row.row) if not delivery.excepted}
    return opened_by.issuperset(row.recipients)
