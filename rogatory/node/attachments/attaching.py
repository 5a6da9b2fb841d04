"""Files with the documents that name them: ours as they are signed, others' as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.store import attachments, channels
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.node.store.documents import get_document
from rogatory.node.transaction import Tx
from rogatory.protocol.attachments import AttachmentReference, safe_name
from rogatory.protocol.attachments.reference import MAX_REFERENCES
from rogatory.protocol.documents import Annex, Body, Payload, UnverifiedDocument
from rogatory.protocol.text import in_words, message

B = TypeVar("B", bound=Body)


def annexes_of(payload: Payload) -> tuple[Annex, ...]:
    """The files that a document names."""
    annexes: tuple[Annex, ...] = getattr(payload.body, "annexes", ())
    return annexes


def annex(tx: Tx, body: B, given: Sequence[str]) -> B:
    """The body with these staged files (ids in hex) among its annexes. Raises NotFound, Conflict, RefusedInput."""
    if not given:
        return body
    if not hasattr(body, "annexes"):
        raise RefusedInput(message("a {kind} has no attachments", kind=in_words(body.KIND)))
    added = [_annex(row) for row in _staged(tx, given)]
    together = (*body.annexes, *added)
    if len(together) > MAX_REFERENCES:
        raise RefusedInput(
            message("a document has at most {most} attachments", most=MAX_REFERENCES),
            message("send them in several messages"),
        )
    return msgspec.structs.replace(body, annexes=together)


def attach(tx: Tx, document: UnverifiedDocument, given: Sequence[str]) -> None:
    """The signed document names these files: they are uploaded to its channel's relay, then it is sent."""
    payload = document.payload
    channel = channels.get(tx.connection, payload.channel_id)
    if channel is None:
        raise NotFound(message("this node has no channel {channel}", channel=payload.channel))
    for row in _staged(tx, given):
        attachments.attach(tx.connection, payload.channel_id, payload.message_id, payload.author, row.blob)
        attachments.set_state(tx.connection, row.blob, AttachmentState.UPLOADING, relay=channel.relay)


def held(tx: Tx, channel: bytes, *, besides: str) -> bool:
    """Whether a document waits in the channel for its files to reach the relay, other than of that kind."""
    for row in attachments.in_states(tx.connection, [AttachmentState.UPLOADING]):
        for of_channel, document, author in attachments.documents_of(tx.connection, row.blob):
            found = get_document(tx.connection, of_channel, document, author) if of_channel == channel else None
            if found is not None and found.kind != besides:
                return True
    return False


def offer(
    tx: Tx, channel: bytes, payload: Payload, references: Iterable[AttachmentReference], large: int
) -> list[AttachmentRow]:
    """Enter the files that came with a document. What is not larger than `large` is fetched at once."""
    annexes = annexes_of(payload)
    if not annexes:
        return []
    by_content = {reference.sha256: reference for reference in references}
    row = channels.get(tx.connection, channel)
    for named in annexes:
        reference = by_content.get(bytes.fromhex(named.sha256))
        if reference is None:
            continue
        entered = AttachmentRow(
            blob=reference.blob,
            relay=None if row is None else row.relay,
            state=AttachmentState.WANTED if named.size <= large else AttachmentState.OFFERED,
            name=safe_name(named.name),
            media_type=named.media_type,
            size=named.size,
            sha256=reference.sha256,
            key=reference.key,
            header=reference.header,
            hashes=reference.hashes,
            entered_at=tx.now,
        )
        attachments.add(tx.connection, entered)
        attachments.attach(tx.connection, channel, payload.message_id, payload.author, reference.blob)
    return attachments.of_document(tx.connection, channel, payload.message_id, payload.author)


def reference_of(row: AttachmentRow) -> AttachmentReference:
    """What opens the file."""
    return AttachmentReference(row.sha256, row.blob, row.key, row.header, row.hashes)


def _annex(row: AttachmentRow) -> Annex:
    return Annex(name=row.name, media_type=row.media_type, size=row.size, sha256=row.sha256.hex())


def _staged(tx: Tx, given: Sequence[str]) -> list[AttachmentRow]:
    if len(set(given)) != len(given):
        raise RefusedInput(message("one file is attached twice"))
    return [_one_staged(tx, each) for each in given]


def _one_staged(tx: Tx, given: str) -> AttachmentRow:
    try:
        row = attachments.get(tx.connection, bytes.fromhex(given))
    except ValueError:
        row = None
    if row is None:
        raise NotFound(
            message("there is no file {given} to attach", given=repr(given[:80])),
            message("give the file to the node again"),
        )
    if row.state is not AttachmentState.STAGED:
        raise Conflict(
            message("{name} is attached to a document already", name=row.name),
            message("give the file to the node once more"),
        )
    return row
