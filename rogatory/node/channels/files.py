"""Files that documents name, as channels see them: references beside a document, and ids that the relay is told."""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import attachments, outbox, own_entries
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState, OwnEntry
from rogatory.protocol.attachments import AttachmentReference
from rogatory.protocol.frames.server import Refused

AT_RELAY: Final = (AttachmentState.SENT, AttachmentState.OFFERED, AttachmentState.WANTED, AttachmentState.KEPT)


def references_of(work: Work, channel: bytes, message_id: bytes) -> list[AttachmentReference]:
    """What opens a document's files, for those who may read it."""
    return [
        AttachmentReference(row.sha256, row.blob, row.key, row.header, row.hashes)
        for row in _at_relay(work, channel, message_id)
    ]


def blobs_of(work: Work, entry: OwnEntry) -> list[bytes]:
    """The blobs that readers of an entry may fetch."""
    if entry.kind is not EntryKind.MESSAGE or entry.outbox_number is None:
        return []
    message_id = outbox.get(work.tx.connection, entry.outbox_number).message_id
    return [row.blob for row in _at_relay(work, entry.channel, message_id)]


def missing(work: Work, channel: Channel, own: OwnEntry, frame: Refused) -> None:
    """The relay does not hold the entry's files (any more): ours are uploaded again, others' documents go without."""
    connection = work.tx.connection
    own.state, own.body, own.invitation = EntryState.ABANDONED, None, None
    own_entries.update(connection, own)
    if own.outbox_number is None:
        return
    document = outbox.get(connection, own.outbox_number)
    files = _at_relay(work, channel.id, document.message_id)
    again = document.original_seq is None and bool(files)
    # Sent for the first time, it is enqueued anew once its files are there; shared again, it goes at once.
    outbox.set_state(connection, [document.number], OutboxState.REFUSED if again else OutboxState.QUEUED)
    state = AttachmentState.UPLOADING if again else AttachmentState.LOST
    for row in files:
        attachments.set_state(connection, row.blob, state, problem=None if again else frame.explanation[:300])


def _at_relay(work: Work, channel: bytes, message_id: bytes) -> list[AttachmentRow]:
    rows = attachments.of_message(work.tx.connection, channel, message_id)
    return [row for row in rows if row.state in AT_RELAY]
