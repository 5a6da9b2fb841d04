"""What ends or interrupts a channel here: a log that lies, a state that is lost, a membership that is over."""

from __future__ import annotations

from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import closings, key_packages, outbox, own_entries, wishes
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState


def halt(work: Work, channel: Channel, code: Trouble, explanation: str) -> None:
    """The log cannot be believed: read and send nothing more until a person has looked (DESIGN section 1)."""
    if channel.state is ChannelState.CLOSING:
        work.trouble(channel.id, code, explanation)
        close(work, channel)
        return
    channel.enter(ChannelState.HALTED)
    detach(work, channel)
    work.trouble(channel.id, code, explanation)
    work.hooks.halted(work.tx, channel.id, channel.head)


def lose(work: Work, channel: Channel, code: Trouble, explanation: str) -> None:
    """This node's state is of no use: forget it and ask to be let in again (DESIGN section 4, Rejoin)."""
    if channel.state is ChannelState.CLOSING:  # nobody else has a key to let it in again
        work.trouble(channel.id, code, explanation)
        close(work, channel)
        return
    channel.enter(ChannelState.REJOINING)
    forget_group(work, channel)
    session = work.session(channel.row.relay)
    if session is not None:
        session.unsent.add(channel.id)
    work.trouble(channel.id, code, explanation)


def close(work: Work, channel: Channel) -> None:
    """This node is a member no longer, or the matter is over."""
    channel.enter(ChannelState.CLOSED)
    destroy_keys(work, channel)
    forget_group(work, channel)
    wishes.delete_all(work.tx.connection, channel.id)


def destroy_keys(work: Work, channel: Channel) -> None:
    """Delete all that could open the channel, on the disk too (PROTOCOL.md, Closing a matter)."""
    connection = work.tx.connection
    had_keys = channel.has_keys
    channel.group = channel.pending = None
    channel.row.suspect_seq = channel.row.suspect_author = None
    key_packages.delete_for_channel(connection, channel.id)
    session = work.session(channel.row.relay)
    if session is not None:
        session.joins = {number: each for number, each in session.joins.items() if each.invited.channel != channel.id}
    closings.set_keys_gone(connection, channel.id, work.tx.now)
    if had_keys:
        work.tx.output.keys_destroyed = True
        work.hooks.keys_destroyed(work.tx, channel.id)


def forget_group(work: Work, channel: Channel) -> None:
    """Drop the keys; what was sealed under them and is not in the log waits to be sealed anew."""
    detach(work, channel)
    channel.group = channel.pending = None
    channel.row.suspect_seq = channel.row.suspect_author = None
    abandon(work, channel)


def abandon(work: Work, channel: Channel) -> None:
    """Give up bytes that the log has not shown: their documents go back into the queue, in their order."""
    requeued: list[int] = []
    for entry in own_entries.outgoing(work.tx.connection, channel.id):
        if entry.seq is not None:
            continue
        entry.state, entry.body, entry.invitation = EntryState.ABANDONED, None, None
        own_entries.update(work.tx.connection, entry)
        if entry.kind is EntryKind.MESSAGE and entry.outbox_number is not None:
            requeued.append(entry.outbox_number)
    outbox.set_state(work.tx.connection, requeued, OutboxState.QUEUED)
    channel.pending = None


def detach(work: Work, channel: Channel) -> None:
    """Take no notice of what the session still brings of this channel."""
    session = work.session(channel.row.relay)
    if session is not None:
        session.attached.pop(channel.id, None)
