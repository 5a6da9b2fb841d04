"""The life of a channel at this node.

state      | what is read       | what is sent           | leads to
-----------|--------------------|------------------------|--------------------------------------------
FOUNDING   | nothing yet        | the founding commit    | OPEN (own commit read back), AWAITED (another founded it)
AWAITED    | nothing            | nothing                | JOINING (invited)
JOINING    | headers            | nothing                | OPEN (headers read up to the commit that added us)
OPEN       | the log            | documents, commits     | REJOINING, HALTED, CLOSED (removed)
REJOINING  | nothing            | one rejoin entry       | JOINING (invited again), CLOSED (no member any more)
HALTED     | nothing            | nothing                | only a person goes on from here
CLOSED     | nothing            | nothing                | JOINING (invited again)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ChannelState(StrEnum):
    """See the table at the top."""

    FOUNDING = "founding"
    AWAITED = "awaited"
    JOINING = "joining"
    OPEN = "open"
    REJOINING = "rejoining"
    HALTED = "halted"
    CLOSED = "closed"


TRANSITIONS: Final = {
    ChannelState.FOUNDING: {ChannelState.OPEN, ChannelState.AWAITED, ChannelState.HALTED, ChannelState.REJOINING},
    ChannelState.AWAITED: {ChannelState.JOINING},
    ChannelState.JOINING: {ChannelState.OPEN, ChannelState.HALTED, ChannelState.REJOINING, ChannelState.JOINING},
    ChannelState.OPEN: {ChannelState.REJOINING, ChannelState.HALTED, ChannelState.CLOSED, ChannelState.JOINING},
    ChannelState.REJOINING: {ChannelState.JOINING, ChannelState.CLOSED, ChannelState.HALTED},
    ChannelState.HALTED: set(),
    ChannelState.CLOSED: {ChannelState.JOINING},
}
