"""Documents as the log brings them, our own and others': entered once, whatever they mean."""

from __future__ import annotations

from dataclasses import replace

from rogatory.node.channels.hooks import Arrival
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import keep, recipients_of, record
from rogatory.node.inbox.views import Direction, Stage
from rogatory.node.store import outbox
from rogatory.node.store.documents import (
    DocumentRow,
    documents_of,
    get_document,
    get_envelope,
    put_sent_again,
    set_logged,
    set_void,
)
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Evidence, peek_document
from rogatory.protocol.judgement import Void, VoidCode, VoidDocument
from rogatory.protocol.text import in_words, message, text_of


def check_place(channel: bytes, arrival: Arrival) -> None:
    """Raise VoidDocument unless the document was written for this place, by whoever sent it."""
    payload = arrival.document.payload
    if payload.channel_id != channel:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("the document was written for another channel"))
    if payload.message_id != arrival.message_id:
        raise VoidDocument(VoidCode.WRONG_CHANNEL, message("the document was sent under another message's id"))
    if not arrival.shared and arrival.document.signer != arrival.author:
        raise VoidDocument(
            VoidCode.WRONG_AUTHOR,
            message(
                "{author} sent a document that {signer} signed", author=arrival.author, signer=arrival.document.signer
            ),
        )


def enter(tx: Tx, channel: bytes, arrival: Arrival) -> DocumentRow | None:
    """Enter what arrived; None if that changes nothing: it was entered before."""
    row = _enter_own(tx, channel, arrival) if arrival.own else _enter_received(tx, channel, arrival)
    if row is not None and not arrival.own and row.kind != Evidence.KIND:
        payload = arrival.document.payload
        told = message(
            "{kind} from {author}: {title}",
            kind=in_words(payload.kind),
            author=payload.author,
            title=row.title,
        )
        if arrival.shared:
            told = message("{told} (sent again by {author})", told=told, author=arrival.author)
        record(
            tx,
            EventKind.DOCUMENT_SHARED if arrival.shared else EventKind.DOCUMENT_RECEIVED,
            told,
            channel=channel,
            document=payload.message_id,
            author=payload.author,
        )
    return row


def enter_void(tx: Tx, channel: bytes, arrival: Arrival, reason: Exception) -> None:
    """Enter a document that the rules forbid: it is shown, and nobody acts upon it."""
    document = arrival.document
    explanation = reason.explanation if isinstance(reason, Void) else text_of(reason)
    if document.payload.channel_id == channel and document.signer == document.payload.author:
        keep(tx, document, Stage.VOID, seq=arrival.seq, logged_at=arrival.time / 1000, void=explanation)
        row = get_document(tx.connection, channel, document.payload.message_id, document.payload.author)
        if row is not None and (arrival.own or row.stage == Stage.VOID):
            set_void(tx.connection, row.row, explanation, Stage.VOID)
    record(
        tx,
        EventKind.DOCUMENT_VOID,
        message(
            "a {kind} of {author} has no effect: {explanation}",
            kind=in_words(document.kind),
            author=arrival.author,
            explanation=explanation,
        ),
        channel=channel,
        document=document.payload.message_id,
        author=arrival.author,
        code=reason.code.value if isinstance(reason, Void) else None,
    )


def catch_up_own(tx: Tx, channel: bytes) -> bool:
    """After a rejoin: our own documents in the part of the log that was not read. Whether there were any."""
    found = False
    logged = outbox.logged_seqs(tx.connection, channel)
    for row in documents_of(tx.connection, channel):
        if row.seq is not None or row.direction != Direction.SENT or row.id not in logged:
            continue
        payload = peek_document(get_envelope(tx.connection, row.row)).payload
        stage = Stage.ACCEPTED if row.stage == Stage.QUEUED else Stage(row.stage)
        set_logged(tx.connection, row.row, logged[row.id], tx.now, stage, recipients_of(tx, payload))
        found = True
    return found


def _enter_own(tx: Tx, channel: bytes, arrival: Arrival) -> DocumentRow | None:
    """Our own document, read back: that it stands in the log is proven."""
    payload = arrival.document.payload
    row = get_document(tx.connection, channel, payload.message_id, payload.author)
    if arrival.shared:
        if row is not None:
            put_sent_again(tx.connection, channel, arrival.seq, row.row)
        return None
    if row is None:  # a restored backup did not have it
        row = keep(tx, arrival.document, Stage.QUEUED)
    if row is None or row.seq is not None:
        return None
    stage = Stage.ACCEPTED if row.stage == Stage.QUEUED else Stage(row.stage)
    recipients = recipients_of(tx, payload)
    set_logged(tx.connection, row.row, arrival.seq, arrival.time / 1000, stage, recipients)
    return replace(row, seq=arrival.seq, logged_at=arrival.time / 1000, stage=stage, recipients=recipients)


def _enter_received(tx: Tx, channel: bytes, arrival: Arrival) -> DocumentRow | None:
    return keep(
        tx,
        arrival.document,
        Stage.SHARED if arrival.shared else Stage.RECEIVED,
        seq=arrival.original_seq if arrival.original_seq is not None else arrival.seq,
        logged_at=arrival.time / 1000,
    )
