"""What may be sent now: bytes that wait for an answer again, documents sealed just before, commits in between."""

from __future__ import annotations

import msgspec

from rogatory.keys.errors import DirectoryTooStale
from rogatory.node.channels.committing import make_commit
from rogatory.node.channels.files import blobs_of, references_of
from rogatory.node.channels.halting import lose
from rogatory.node.channels.rejoining import ask_in
from rogatory.node.channels.session import Reading, Session
from rogatory.node.channels.states import FOLLOWED, ChannelState
from rogatory.node.channels.trouble import STALE, Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import channels, outbox, own_entries, wishes
from rogatory.node.store.outbox import OutboxRow
from rogatory.node.store.own_entries import EntryKind, OwnEntry
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.attachments import AttachmentReference
from rogatory.protocol.content import SentContent, SharedContent, document_commitment, encode_content
from rogatory.protocol.declaration import Declaration, Seen, encode_declaration
from rogatory.protocol.documents import envelope_digest
from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.header import Form, body_hash
from rogatory.protocol.mls.secret_tree import RatchetKind
from rogatory.protocol.padding import padme
from rogatory.protocol.text import message


def send_all(work: Work) -> None:
    """Go through the channels on which something waits, wherever a session stands and the directory allows it."""
    if not work.memory.sessions or not _may_send(work):
        return
    connection = work.tx.connection
    wished = wishes.channels(connection)
    waiting = outbox.channels_with_queued(connection) | wished
    for state in (ChannelState.FOUNDING, ChannelState.REJOINING):
        waiting.update(channels.in_state(connection, state))
    waiting = waiting.union(*(session.unsent for session in work.memory.sessions.values()))
    for channel_id in sorted(waiting - work.memory.aside):
        with work.on_account_of(channel_id):
            channel = work.channel(channel_id)
            session = None if channel is None else work.session(channel.row.relay)
            if channel is not None and session is not None:
                _send(work, session, channel, wished=channel_id in wished)


def _may_send(work: Work) -> bool:
    if work.tx.known_directory is None:
        return False
    try:
        work.tx.directory.may_send(work.tx.now)
    except DirectoryTooStale:
        work.trouble_once(None, Trouble.DIRECTORY_EXPIRED, STALE)
        return False
    return True


def _send(work: Work, session: Session, channel: Channel, *, wished: bool) -> None:
    if channel.state is ChannelState.HALTED and wished:
        _return(work, channel)
    if channel.state is ChannelState.REJOINING:
        let_in = any(join.invited.channel == channel.id for join in session.joins.values())
        if not let_in:
            ask_in(work, session, channel)
        _send_bytes(work, session, channel)
    elif channel.state is ChannelState.FOUNDING:
        if channel.pending is None and make_commit(work, channel):
            session.unsent.add(channel.id)
        _send_bytes(work, session, channel)
    elif channel.state in FOLLOWED:
        attachment = session.attached.get(channel.id)
        # DESIGN section 4: at connect, before sending, a node reads to the head.
        if attachment is None or attachment.reading is not Reading.LIVE:
            return
        if session.unanswered_before(channel.id, attachment.ref):
            return
        _send_bytes(work, session, channel)
        if channel.group is None:
            return
        if wished:
            _seal(work, session, channel, before_commits=True)
            if channel.pending is None and make_commit(work, channel):
                session.unsent.add(channel.id)
                _send_bytes(work, session, channel)
        _seal(work, session, channel, before_commits=False)


def _return(work: Work, channel: Channel) -> None:
    """A person has decided that a halted channel goes on: by a rejoin, and nothing that was wished before."""
    wished = wishes.of_channel(work.tx.connection, channel.id)
    if any(wish.kind is WishKind.RETURN for wish in wished):
        lose(work, channel, Trouble.REJOIN, message("this node asks to be let in again to the channel that was halted"))
    wishes.delete(work.tx.connection, [wish.number for wish in wished])


def _send_bytes(work: Work, session: Session, channel: Channel) -> None:
    """Bytes stored and not yet both logged and receipted: the same ones again, in their order."""
    if channel.id not in session.unsent:
        return
    for entry in own_entries.outgoing(work.tx.connection, channel.id):
        if entry.seq is None and entry.kind is not EntryKind.REJOIN and entry.base != channel.row.last_commit:
            continue
        if session.room() <= 0:
            return
        invitation = None if entry.invitation is None else msgspec.msgpack.decode(entry.invitation, type=Invitation)
        session.append(work.tx.output, entry, _form(entry), invitation, blobs_of(work, entry))
    session.unsent.discard(channel.id)


def _seal(work: Work, session: Session, channel: Channel, *, before_commits: bool) -> None:
    """Encrypt queued documents as far as appends may be in flight. Never while an own commit is pending."""
    if channel.pending is not None or session.room() <= 0 or channel.id in session.unsent:
        return
    connection = work.tx.connection
    kept = [wish.after_outbox for wish in wishes.of_channel(connection, channel.id)] if before_commits else []
    if before_commits and not kept:
        return
    rows = outbox.queued(connection, channel.id, session.room(), max(kept) if before_commits else None)
    if not rows:
        return
    files = [references_of(work, channel.id, row.message_id) for row in rows]
    sealed = [_sealed(work, channel, row, references) for row, references in zip(rows, files, strict=True)]
    own_entries.add(connection, sealed)
    outbox.sealed(connection, rows)
    for entry, references in zip(sealed, files, strict=True):
        session.append(work.tx.output, entry, Form.MLS, None, [each.blob for each in references])


def _sealed(work: Work, channel: Channel, row: OutboxRow, references: list[AttachmentReference]) -> OwnEntry:
    """A document as the bytes of an entry; the group goes on by one key."""
    if row.envelope is None:
        raise RuntimeError("a queued document has lost its envelope")
    group = channel.in_group()
    if row.original_seq is None:
        content: SentContent | SharedContent = SentContent(row.message_id, row.salt, row.envelope, references)
    else:
        content = SharedContent(row.message_id, row.salt, row.envelope, row.original_seq, references)
    digest = envelope_digest(row.envelope)
    declaration = Declaration(
        work.pin(channel),
        Seen(channel.head.seq, channel.head.hash),
        document=document_commitment(row.salt, digest),
    )
    generation = group.messages.keys.next_generation(group.own_leaf, RatchetKind.APPLICATION)
    after, body = group.protect(
        encode_content(content), encode_declaration(declaration), random=work.tx.random, pad_to=padme
    )
    channel.group = after
    return OwnEntry(
        channel=channel.id,
        body_hash=body_hash(body),
        kind=EntryKind.MESSAGE,
        base=channel.row.last_commit,
        body=body,
        outbox_number=row.number,
        epoch=group.epoch,
        leaf=group.own_leaf,
        generation=generation,
    )


def _form(entry: OwnEntry) -> Form:
    return Form.REJOIN if entry.kind is EntryKind.REJOIN else Form.MLS
