"""What time it is by the relays, told from the clock that each showed as its session began."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rogatory.node.channels.session import Reading, Session


class RelayClocks(Protocol):
    """What time it is by the relays: a due date is no matter of this node's own clock."""

    def at(self, channel: bytes) -> float | None:
        """The time by the channel's relay, Unix seconds; None unless its log was read to the head in this session."""

    def latest(self) -> float | None:
        """The time by the clock that is farthest ahead; None without a session."""


class SessionClocks:
    """`RelayClocks` of the sessions that stand. `now`: this node's clock, Unix seconds."""

    def __init__(self, sessions: Mapping[str, Session], now: float) -> None:
        self._sessions = sessions
        self._now = now

    def at(self, channel: bytes) -> float | None:
        """As of `RelayClocks`."""
        for session in self._sessions.values():
            attachment = session.attached.get(channel)
            if attachment is not None:
                return self._now + session.ahead if attachment.reading is Reading.LIVE else None
        return None

    def latest(self) -> float | None:
        """As of `RelayClocks`."""
        return max((self._now + session.ahead for session in self._sessions.values()), default=None)
