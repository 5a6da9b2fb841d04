"""A document's files as shown, and the wish to have one."""

from __future__ import annotations

from typing import Final

from rogatory.node.attachments.attaching import annexes_of
from rogatory.node.attachments.views import AttachmentView
from rogatory.node.errors import Conflict, NotFound
from rogatory.node.store import attachments
from rogatory.node.store.attachments import HERE, AttachmentRow, AttachmentState
from rogatory.node.store.documents import DocumentRow, get_envelope
from rogatory.node.transaction import Tx
from rogatory.protocol.attachments import safe_name
from rogatory.protocol.documents import Annex, peek_document
from rogatory.protocol.text import counted, message

FETCHED_ON_DEMAND: Final = (AttachmentState.OFFERED, AttachmentState.REFUSED, AttachmentState.LOST)
_BEST_FIRST: Final = (*sorted(HERE), AttachmentState.WANTED, AttachmentState.OFFERED)


def files_of(tx: Tx, document: DocumentRow) -> list[tuple[Annex, AttachmentRow | None]]:
    """The files that a document names, in its order, with what is known of each."""
    rows = attachments.of_document(tx.connection, document.channel, document.id, document.author)
    rows.sort(key=lambda row: _BEST_FIRST.index(row.state) if row.state in _BEST_FIRST else len(_BEST_FIRST))
    by_content: dict[str, AttachmentRow] = {}
    for row in rows:
        by_content.setdefault(row.sha256.hex(), row)
    payload = peek_document(get_envelope(tx.connection, document.row)).payload
    return [(annex, by_content.get(annex.sha256)) for annex in annexes_of(payload)]


def one_file(tx: Tx, document: DocumentRow, number: int) -> AttachmentRow:
    """The file with this number, from 1. Raises NotFound; Conflict if nobody sent it."""
    files = files_of(tx, document)
    if not 1 <= number <= len(files):
        raise NotFound(
            counted("the document has {count} attachment", "the document has {count} attachments", count=len(files)),
            message("list them: rogatory-node document attachments DOCUMENT"),
        )
    row = files[number - 1][1]
    if row is None:
        raise Conflict(
            message("the document names this file, which did not come with it"), message("ask its author for it")
        )
    return row


def want(tx: Tx, row: AttachmentRow) -> None:
    """Fetch a file, also one that could not be had before. Nothing changes for one that is here or under way."""
    if row.state in FETCHED_ON_DEMAND:
        attachments.set_state(tx.connection, row.blob, AttachmentState.WANTED)


def file_view(
    number: int,
    annex: Annex,
    row: AttachmentRow | None,
    *,
    done: int | None = None,
    total: int | None = None,
    waits: str | None = None,
) -> AttachmentView:
    """A file as shown."""
    return AttachmentView(
        number=number,
        name=safe_name(annex.name),
        title=annex.title,
        media_type=annex.media_type,
        size=annex.size,
        sha256=annex.sha256,
        state=None if row is None else row.state,
        problem=None if row is None else row.problem,
        done=done,
        total=total,
        waits=waits,
    )
