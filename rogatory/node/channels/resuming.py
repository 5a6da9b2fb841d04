"""Resuming: a channel is read to the head that the relay tells, and compared, before anything is sent on it."""

from __future__ import annotations

from rogatory.node.channels import rejoining
from rogatory.node.channels.closing import remind_all
from rogatory.node.channels.commands import wish_refresh
from rogatory.node.channels.halting import close, halt, lose
from rogatory.node.channels.session import Attachment, Reading, Session
from rogatory.node.channels.states import FOLLOWED, ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import channels
from rogatory.protocol.frames.server import Code, Refused, Resumed
from rogatory.protocol.text import message

RETRY = 60.0
"""Seconds after which a channel that the relay does not serve is tried again."""


def attach_all(work: Work, session: Session) -> None:
    """Resume each channel that this relay is home to."""
    unread = channels.every(work.tx.connection, (ChannelState.FOUNDING, ChannelState.REJOINING), session.relay)
    session.unsent.update(row.id for row in unread)
    for row in channels.every(work.tx.connection, FOLLOWED, session.relay):
        if row.id in session.attached or row.id in work.memory.aside:
            continue
        with work.on_account_of(row.id):
            channel = work.channel(row.id)
            if channel is not None:
                attach(work, session, channel)
    remind_all(work, session)


def attach(work: Work, session: Session, channel: Channel) -> None:
    """Read on where this node stopped."""
    if channel.state is ChannelState.CLOSING:
        session.resume(work.tx.output, channel.id, channel.head.seq)
        return
    if channel.group is None:
        lose(
            work,
            channel,
            Trouble.REJOIN,
            message("this node's state of the channel cannot be read; it asks to be let in again"),
        )
        return
    if channel.group.own_leaf_node.signature_key != work.tx.identity.online_public:
        # A new key set: others accept no commit of a leaf that the directory does not vouch for any more.
        wish_refresh(work.tx, channel.id)
    session.resume(work.tx.output, channel.id, channel.head.seq)


def resumed(work: Work, session: Session, frame: Resumed) -> None:
    """The relay tells how it holds the channel."""
    attachment, channel = session.attached.get(frame.channel), work.channel(frame.channel)
    if attachment is None or channel is None or attachment.ref != frame.ref:
        return
    if channel.state is ChannelState.REJOINING:
        rejoining.resumed(work, session, channel, attachment, frame)
        return
    if channel.state not in (*FOLLOWED, ChannelState.FOUNDING):
        _not_to_read(session, channel)
        return
    head = channel.head
    if frame.seq < head.seq:
        halt(
            work,
            channel,
            Trouble.LOG_ROLLED_BACK,
            message(
                "the relay's log ends at entry {seq}, this node has read up to {read}: the relay was set back, or"
                " shows another log",
                seq=frame.seq,
                read=head.seq,
            ),
        )
        return
    attachment.target, attachment.reading = frame, Reading.READING
    reach(work, session, channel, attachment)


def reach(work: Work, session: Session, channel: Channel, attachment: Attachment) -> None:
    """Begin to send once the head told is reached and all agrees."""
    target = attachment.target
    if attachment.reading is not Reading.READING or target is None or channel.head.seq < _last_to_read(target):
        return
    told = channel.head_at(work.tx, target.seq)
    if told is not None and told != target.head:
        halt(
            work,
            channel,
            Trouble.FORK,
            message(
                "the relay tells another head of entry {seq} than its entries lead to: compare heads by telephone",
                seq=target.seq,
            ),
        )
        return
    if target.until is not None:
        work.trouble_once(
            channel.id,
            Trouble.ACCESS_LIST,
            message(
                "the relay serves this node up to entry {until} only, and no valid commit removed it",
                until=target.until,
            ),
        )
        attachment.reading, attachment.retry_at = Reading.PAUSED, work.tx.now + RETRY
        return
    if channel.head.seq == target.seq and channel.group is not None:
        _compare(work, channel, target)
    attachment.reading, attachment.awaiting_since, attachment.live_since = Reading.LIVE, None, work.tx.now
    session.unsent.add(channel.id)


def resume_refused(work: Work, session: Session, channel_id: bytes, ref: int, frame: Refused) -> None:
    """The relay does not let this node read a channel of its own."""
    attachment, channel = session.attached.get(channel_id), work.channel(channel_id)
    if attachment is None or channel is None or attachment.ref != ref:
        return
    if channel.state is ChannelState.REJOINING and frame.code is Code.NOT_A_MEMBER:
        work.trouble(
            channel.id, Trouble.REJOIN, message("the relay does not count this node among the members any more")
        )
        close(work, channel)
        return
    if channel.state not in (ChannelState.OPEN, ChannelState.REJOINING):
        _not_to_read(session, channel)
        return
    if channel.state is ChannelState.OPEN and frame.code is Code.UNKNOWN_CHANNEL and channel.head.seq:
        halt(
            work,
            channel,
            Trouble.LOG_ROLLED_BACK,
            message("the relay knows the channel no longer: it has lost its data"),
        )
        return
    if frame.code is Code.NOT_A_MEMBER:
        work.trouble_once(
            channel.id, Trouble.ACCESS_LIST, message("the relay does not count this node among the members")
        )
    attachment.reading, attachment.retry_at = Reading.PAUSED, work.tx.now + RETRY


def _not_to_read(session: Session, channel: Channel) -> None:
    """It was resumed only so that the relay takes its founding entry again."""
    session.attached.pop(channel.id, None)
    session.unsent.add(channel.id)


def _last_to_read(target: Resumed) -> int:
    return target.seq if target.until is None else min(target.seq, target.until)


def _compare(work: Work, channel: Channel, target: Resumed) -> None:
    """What a relay that does as it should cannot say otherwise (DESIGN section 1)."""
    if target.last_commit != channel.row.last_commit:
        work.trouble(
            channel.id,
            Trouble.BASE,
            message(
                "the relay names entry {last_commit} as the last commit, its log {logged}",
                last_commit=target.last_commit,
                logged=channel.row.last_commit,
            ),
        )
    if channel.row.relay_access is not None and target.access != channel.row.relay_access:
        work.trouble(
            channel.id,
            Trouble.ACCESS_LIST,
            message(
                "the relay serves another access list than the members declared: others may read along who cannot"
                " open anything, or members are cut off",
            ),
        )
