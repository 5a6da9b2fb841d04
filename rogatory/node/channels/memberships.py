"""Channels of which a relay counts this node a member and of which it holds nothing: its state is lost, it rejoins.

What the relay says is believed no further than that: letting it in again is up to the other members, and a channel
that is none has nobody who could (DESIGN section 4).
"""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.commands import rejoin
from rogatory.node.channels.halting import lose
from rogatory.node.channels.session import ChannelsAsked, Session
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Work
from rogatory.node.store import channels
from rogatory.protocol.frames.client import FetchChannels
from rogatory.protocol.frames.server import Channels
from rogatory.protocol.limits import CHANNEL_ID, MAX_CHANNELS_PER_FRAME
from rogatory.protocol.text import message

PAGES: Final = 100
"""A relay that names more channels than that many pages hold is not asked on."""

MOST: Final = 2_000
"""Channels of one relay that may wait at once to be let in; others when it names them again. It may have made them up,
and each costs this node two signatures and its place in every look at what is due.
"""


def ask(work: Work, session: Session) -> None:
    """Ask which channels this node is a member of."""
    _ask(work, session, ChannelsAsked(b"", PAGES))


def told(work: Work, session: Session, asked: ChannelsAsked, frame: Channels) -> None:
    """The relay named some."""
    named = [each for each in frame.channels[:MAX_CHANNELS_PER_FRAME] if len(each) == CHANNEL_ID]
    held = channels.states(work.tx.connection, named)
    coming = {invited.channel for invited in session.invited.values()}
    coming |= {join.invited.channel for join in session.joins.values()}
    room = MOST - channels.count(work.tx.connection, ChannelState.REJOINING, session.relay)
    for channel in dict.fromkeys(named):
        if channel not in coming and channel not in work.memory.aside and (channel in held or room > 0):
            room -= channel not in held
            _compare(work, session, channel, held.get(channel))
    if named and named[-1] > asked.after and asked.pages > 1:
        _ask(work, session, ChannelsAsked(named[-1], asked.pages - 1))


def _ask(work: Work, session: Session, asked: ChannelsAsked) -> None:
    session.send(work.tx.output, FetchChannels(session.ask(asked), asked.after))


def _compare(work: Work, session: Session, channel_id: bytes, held: str | None) -> None:
    explanation = message(
        "{relay} counts this node a member of a channel that it holds nothing of: its state was lost; it asks to be"
        " let in again",
        relay=session.relay,
    )
    if held is None:
        rejoin(work.tx, channel_id, session.relay)
        session.unsent.add(channel_id)
        work.trouble(channel_id, Trouble.REJOIN, explanation)
    elif held == ChannelState.AWAITED and (channel := work.channel(channel_id)) is not None:
        lose(work, channel, Trouble.REJOIN, explanation)
