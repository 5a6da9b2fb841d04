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
    """`RelayClocks` of the sessions that stand: how late it was when each began, and what has passed since.

    `steady`: now, by the clock of `Session.opened`. This computer's own clock has no part in it.
    """

    def __init__(self, sessions: Mapping[str, Session], steady: float) -> None:
        self._sessions = sessions
        self._steady = steady

    def at(self, channel: bytes) -> float | None:
        """As of `RelayClocks`."""
        for session in self._sessions.values():
            attachment = session.attached.get(channel)
            if attachment is not None:
                return self._time(session) if attachment.reading is Reading.LIVE else None
        return None

    def latest(self) -> float | None:
        """As of `RelayClocks`."""
        return max((self._time(session) for session in self._sessions.values()), default=None)

    def _time(self, session: Session) -> float:
        return session.ready.time / 1000 + self._steady - session.opened
