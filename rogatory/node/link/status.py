"""What `status` says of the links."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LinkState(StrEnum):
    """A relay that cannot be reached is a state, not an error: the node goes on without it."""

    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"


class LinkStatus(msgspec.Struct, kw_only=True):
    """One relay. Times are unix seconds; `clock_difference` is the relay's clock minus ours at the last session.

    `unanswered`: sessions that were begun anew because the relay had left a question without an answer.
    """

    relay: str
    state: LinkState
    since: float
    next_attempt: float | None = None
    last_error: str | None = None
    clock_difference: float | None = None
    unanswered: int = 0
