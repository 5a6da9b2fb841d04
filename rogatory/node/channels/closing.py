"""A closed channel: its keys go, and what is followed needs none (PROTOCOL.md, Closing a matter).

who                  | from the closing on                           | until
---------------------|-----------------------------------------------|------------------------------------------------
a member             | no keys: headers, receipts, acknowledgements  | all of them are here, or the term is over
its founder          | keys: lets members in again that lost theirs  | everybody acknowledged, or the term is over
"""

from __future__ import annotations

from typing import Final

import msgspec

from rogatory.node.channels.acknowledging import sign_acknowledgement, stored_acknowledgement
from rogatory.node.channels.halting import abandon, close, destroy_keys
from rogatory.node.channels.session import Session
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import channels, closings, members, outbox, own_entries, wishes
from rogatory.node.store.closings import ClosingRow
from rogatory.node.store.documents import sent_between
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.client import Acknowledge

EVERYTHING: Final = 1 << 40


def close_down(work: Work, channel: Channel) -> None:
    """The log showed a document of kind `closing`; unless that was void, the channel ends at its present head."""
    row = closings.get(work.tx.connection, channel.id)
    if row is None or row.seq is None or channel.state is not ChannelState.OPEN:
        return
    channel.enter(ChannelState.CLOSING)
    _give_up(work, channel)
    if row.author == work.tx.authority:
        kept = wishes.of_channel(work.tx.connection, channel.id)
        wishes.delete(work.tx.connection, [wish.number for wish in kept if wish.kind is not WishKind.REJOIN])
        return
    wishes.delete_all(work.tx.connection, channel.id)
    sign_acknowledgement(work, channel)
    destroy_keys(work, channel)
    session = work.session(channel.row.relay)
    if session is not None:
        remind(work, session, channel)


def remind(work: Work, session: Session, channel: Channel) -> None:
    """Send this node's acknowledgement of the closing: others wait for it, and a relay does not tell that it has it."""
    own = stored_acknowledgement(work, channel)
    if own is None:
        return
    session.send(work.tx.output, Acknowledge(own))
    attachment = session.attached.get(channel.id)
    if attachment is not None:
        attachment.acknowledged = own.seq


def remind_all(work: Work, session: Session) -> None:
    """At the beginning of a session: also for channels of which nothing is awaited here any more."""
    for channel_id in closings.within_term(work.tx.connection, work.tx.now):
        row = channels.get(work.tx.connection, channel_id)
        if row is None or row.relay != session.relay or channel_id in work.memory.aside:
            continue
        with work.on_account_of(channel_id):
            channel = work.channel(channel_id)
            if channel is not None and channel.group is None:
                remind(work, session, channel)


def finish_all(work: Work) -> float | None:
    """Be done with closed channels of which all is here or whose term is over; gives when the next one's is."""
    over = closings.due(work.tx.connection, work.tx.now)
    closing = [each for each in work.touched if work.memory.channels[each].state is ChannelState.CLOSING]
    for channel_id in {*over, *closing} - work.memory.aside:
        with work.on_account_of(channel_id):
            _finish_if_done(work, channel_id, over=channel_id in over)
    # What is over and left alone is looked at again at the next start, and is not to wake the node until then.
    return closings.next_until(work.tx.connection, work.tx.now if over else 0.0)


def _finish_if_done(work: Work, channel_id: bytes, *, over: bool) -> None:
    channel, row = work.channel(channel_id), closings.get(work.tx.connection, channel_id)
    if channel is None or row is None:
        return
    if channel.state is not ChannelState.CLOSING:  # a log that lies ended it before
        closings.settle(work.tx.connection, channel_id)
    elif over or _is_complete(work, channel, row):
        _finish(work, channel)


def _finish(work: Work, channel: Channel) -> None:
    close(work, channel)
    outbox.release(work.tx.connection, channel.id, EVERYTHING)
    closings.settle(work.tx.connection, channel.id)


def _is_complete(work: Work, channel: Channel, row: ClosingRow) -> bool:
    """Whether receipts and acknowledgements are all here; at who holds the keys: whether everybody can do without."""
    connection = work.tx.connection
    if row.seq is None or own_entries.outgoing(connection, channel.id):
        return False
    if channel.group is None:
        session = work.session(channel.row.relay)
        attachment = None if session is None else session.attached.get(channel.id)
        if attachment is None or attachment.acknowledged < row.seq:
            return False
    read_up_to = members.acknowledged_up_to(connection, channel.id)
    others = [member for member in read_up_to if member != work.tx.authority]
    if any(read_up_to[member] < row.seq for member in others):
        return False
    return channel.group is None or all(_has_opened(work, channel, row, member) for member in others)


def _has_opened(work: Work, channel: Channel, row: ClosingRow, member: str) -> bool:
    """Whether a member's acknowledgement proves that it opened the closing, there or where it was shared again."""
    connection, first = work.tx.connection, row.seq or 0
    found = members.acknowledgement(connection, channel.id, member)
    if found is None:
        return False
    newest = msgspec.msgpack.decode(found[1], type=Acknowledgement)
    sent = sent_between(connection, channel.id, first - 1, newest.seq)
    return any(newest.covers(seq) for seq, document in sent if document.id == row.message_id)


def _give_up(work: Work, channel: Channel) -> None:
    """What was not in the log before the closing is not delivered: neither bytes under way nor what was queued."""
    abandon(work, channel)
    waiting = outbox.queued(work.tx.connection, channel.id, EVERYTHING)
    outbox.set_state(work.tx.connection, [row.number for row in waiting], OutboxState.REFUSED)
