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
        _tell(tx, row, EventKind.ATTACHMENT_RECEIVED, f"{row.name} is here, and is the file that was signed")


def refused(tx: Tx, row: AttachmentRow, error: AttachmentError) -> None:
    """It is not the file that was signed: nobody gets to see it."""
    if isinstance(error, AttachmentUnsound):
        problem = f"its author's node is at fault: {error}; ask the author to send it again"
    else:
        problem = f"{row.relay} is at fault: {error}; tell its operator, and ask the author to send it another way"
    attachments.set_state(tx.connection, row.blob, AttachmentState.REFUSED, problem=problem)
    _tell(tx, row, EventKind.TROUBLE, f"{row.name} is refused: {problem}")


def cut_short(tx: Tx, row: AttachmentRow) -> None:
    """The relay holds something of another length."""
    refused(tx, row, AttachmentError("what it holds is not as long as what the author sealed"))


def not_at_relay(tx: Tx, row: AttachmentRow) -> None:
    """The relay has it not, or no longer."""
    problem = f"{row.relay} does not hold it (any more); ask the author to send it again"
    attachments.set_state(tx.connection, row.blob, AttachmentState.LOST, problem=problem)
    _tell(tx, row, EventKind.TROUBLE, f"{row.name} cannot be fetched: {problem}")


def upload_lost(tx: Tx, row: AttachmentRow) -> None:
    """It was on a disk that is gone, and had not reached the relay: the document cannot be sent with it."""
    _give_up(tx, row, "it was not on this computer's disk any more before it reached the relay")


def upload_refused(tx: Tx, row: AttachmentRow, error: Exception) -> None:
    """The relay will never take it."""
    _give_up(tx, row, str(error))


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
        enqueue(tx, channel, get_envelope(tx.connection, row.row), document)
    except NodeError as error:  # its channel was closed while they went
        summary = f"the {row.kind} was not sent: {error.explanation}"
        record(tx, EventKind.TROUBLE, summary, channel=channel, document=document, code=Trouble.ATTACHMENT.value)


def _give_up(tx: Tx, row: AttachmentRow, because: str) -> None:
    attachments.set_state(tx.connection, row.blob, AttachmentState.LOST, problem=because)
    _tell(
        tx,
        row,
        EventKind.TROUBLE,
        f"the document with {row.name} was not sent: {because}; write it anew and attach the file again",
    )


def _tell(tx: Tx, row: AttachmentRow, kind: EventKind, summary: str) -> None:
    code = Trouble.ATTACHMENT.value if kind is EventKind.TROUBLE else None
    for channel, document, author in attachments.documents_of(tx.connection, row.blob):
        record(tx, kind, summary, channel=channel, document=document, author=author, code=code)
