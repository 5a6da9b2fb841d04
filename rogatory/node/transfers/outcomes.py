"""What a transfer's end means for documents and inbox. Each function runs in one transaction."""

from __future__ import annotations

from rogatory.node.channels.commands import enqueue
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NodeError
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.store import attachments
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.node.store.documents import get_document, get_envelope
from rogatory.node.transaction import Tx
from rogatory.protocol.attachments import AttachmentError, AttachmentUnsound
from rogatory.protocol.text import in_words, message, text_of


def whole(tx: Tx, row: AttachmentRow) -> None:
    """All of it is where it should be: documents whose last file this was are sent."""
    if row.state is AttachmentState.UPLOADING:
        attachments.set_state(tx.connection, row.blob, AttachmentState.SENT)
        for channel, document, author in attachments.documents_of(tx.connection, row.blob):
            files = attachments.of_document(tx.connection, channel, document, author)
            if all(each.state is AttachmentState.SENT for each in files):
                _enqueue(tx, channel, document, author)
    else:
        attachments.set_state(tx.connection, row.blob, AttachmentState.KEPT)
        _tell(
            tx,
            row,
            EventKind.ATTACHMENT_RECEIVED,
            message("{name} is here, and is the file that was signed", name=row.name),
        )


def refused(tx: Tx, row: AttachmentRow, error: AttachmentError) -> None:
    """It is not the file that was signed: nobody gets to see it."""
    if isinstance(error, AttachmentUnsound):
        problem = message(
            "its author's node is at fault: {error}; ask the author to send it again", error=text_of(error)
        )
    else:
        problem = message(
            "{relay} is at fault: {error}; tell its operator, and ask the author to send it another way",
            relay=row.relay,
            error=text_of(error),
        )
    attachments.set_state(tx.connection, row.blob, AttachmentState.REFUSED, problem=problem)
    _tell(tx, row, EventKind.TROUBLE, message("{name} is refused: {problem}", name=row.name, problem=problem))


def cut_short(tx: Tx, row: AttachmentRow) -> None:
    """The relay holds something of another length."""
    refused(tx, row, AttachmentError(message("what it holds is not as long as what the author sealed")))


def not_at_relay(tx: Tx, row: AttachmentRow) -> None:
    """The relay has it not, or no longer."""
    problem = message("{relay} does not hold it (any more); ask the author to send it again", relay=row.relay)
    attachments.set_state(tx.connection, row.blob, AttachmentState.LOST, problem=problem)
    _tell(tx, row, EventKind.TROUBLE, message("{name} cannot be fetched: {problem}", name=row.name, problem=problem))


def not_taken(tx: Tx, row: AttachmentRow, because: str) -> None:
    """The relay refused it in a courier file."""
    text = message(
        "{relay} did not take {name}: {because}; the next courier file carries it again, with its document",
        relay=row.relay,
        name=row.name,
        because=because,
    )
    _tell(tx, row, EventKind.TROUBLE, text)


def upload_lost(tx: Tx, row: AttachmentRow) -> None:
    """It was on a disk that is gone, and had not reached the relay: the document cannot be sent with it."""
    _give_up(tx, row, message("it was not on this computer's disk any more before it reached the relay"))


def upload_refused(tx: Tx, row: AttachmentRow, error: Exception) -> None:
    """The relay will never take it."""
    _give_up(tx, row, text_of(error))


def tidy(tx: Tx, before: float) -> set[bytes]:
    """Forget files that no document has named since `before` (Unix seconds); gives the ids of all that are left."""
    for row in attachments.in_states(tx.connection, [AttachmentState.STAGED]):
        if row.entered_at < before:
            attachments.delete(tx.connection, row.blob)
    return attachments.every_blob(tx.connection)


def _enqueue(tx: Tx, channel: bytes, document: bytes, author: str) -> None:
    """Its files are there: now the document goes."""
    row = get_document(tx.connection, channel, document, author)
    if row is None:
        return
    try:
        enqueue(tx, channel, get_envelope(tx.connection, row.row), document, row.row)
    except NodeError as error:  # its channel was closed while they went
        summary = message("the {kind} was not sent: {why}", kind=in_words(row.kind), why=error.explanation)
        record(tx, EventKind.TROUBLE, summary, channel=channel, document=document, code=Trouble.ATTACHMENT.value)


def _give_up(tx: Tx, row: AttachmentRow, because: str) -> None:
    attachments.set_state(tx.connection, row.blob, AttachmentState.LOST, problem=because)
    _tell(
        tx,
        row,
        EventKind.TROUBLE,
        message(
            "the document with {name} was not sent: {because}; write it anew and attach the file again",
            name=row.name,
            because=because,
        ),
    )


def _tell(tx: Tx, row: AttachmentRow, kind: EventKind, summary: str) -> None:
    code = Trouble.ATTACHMENT.value if kind is EventKind.TROUBLE else None
    for channel, document, author in attachments.documents_of(tx.connection, row.blob):
        record(tx, kind, summary, channel=channel, document=document, author=author, code=code)
