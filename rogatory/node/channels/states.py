"""The life of a channel at this node.

state      | what is read       | what is sent           | leads to
-----------|--------------------|------------------------|---------------------------------------------------
FOUNDING   | the log            | the founding commit    | OPEN (own commit read back), AWAITED (another founded it)
AWAITED    | nothing            | nothing                | OPEN (invited), REFUSED, REJOINING (unreadable or lost)
REFUSED    | nothing            | nothing                | OPEN (invited again), REJOINING (unreadable)
OPEN       | the log            | documents, commits     | REJOINING (state lost or unfit), HALTED, CLOSED (removed),
           |                    |                        | CLOSING (the matter was closed)
CLOSING    | the log; without   | what has no receipt;   | CLOSED (all is acknowledged, or the term is over)
           | keys its headers   | its founder: rejoins   |
REJOINING  | nothing            | one rejoin entry       | OPEN (invited again), CLOSED (no member any more)
HALTED     | nothing            | nothing                | REJOINING (a person has decided so)
CLOSED     | nothing            | nothing                | OPEN (invited again), REJOINING
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ChannelState(StrEnum):
    """See the table at the top."""

    FOUNDING = "founding"
    AWAITED = "awaited"
    REFUSED = "refused"
    """Its invitation was not accepted. Kept, so that it is not taken for a channel whose state was lost."""
    OPEN = "open"
    REJOINING = "rejoining"
    CLOSING = "closing"
    """The matter was closed; only its founder still holds keys. See `closing.py`."""
    HALTED = "halted"
    CLOSED = "closed"


FOLLOWED: Final = (ChannelState.OPEN, ChannelState.CLOSING)
"""What others acknowledge is taken in these."""

TRANSITIONS: Final = {
    ChannelState.FOUNDING: {ChannelState.OPEN, ChannelState.AWAITED, ChannelState.HALTED, ChannelState.REJOINING},
    ChannelState.AWAITED: {ChannelState.OPEN, ChannelState.REFUSED, ChannelState.REJOINING},
    ChannelState.REFUSED: {ChannelState.OPEN, ChannelState.REJOINING},
    ChannelState.OPEN: {
        ChannelState.REJOINING,
        ChannelState.HALTED,
        ChannelState.CLOSED,
        ChannelState.CLOSING,
        ChannelState.OPEN,
    },
    ChannelState.CLOSING: {ChannelState.CLOSED},
    ChannelState.REJOINING: {ChannelState.OPEN, ChannelState.CLOSED, ChannelState.HALTED, ChannelState.REJOINING},
    ChannelState.HALTED: {ChannelState.REJOINING},
    ChannelState.CLOSED: {ChannelState.OPEN, ChannelState.REJOINING},
}
