"""The sessions that stand, and which of them what the store commits is for."""

from __future__ import annotations

import asyncio
from typing import Protocol

from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Code, DirectoryChanged
from rogatory.protocol.text import message
from rogatory.relay.delivery import Broadcast, Delivery, acknowledgements_frame
from rogatory.relay.errors import Farewell
from rogatory.relay.store.interface import (
    ACKNOWLEDGEMENTS_TO_ALL,
    Acknowledged,
    Advance,
    Entered,
    Event,
    InvitationsWaiting,
    Missed,
    Stock,
    StockTaken,
)


class Attendant(Protocol):
    """What the hub asks of a session."""

    @property
    def authority(self) -> str: ...
    @property
    def key_set(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def channels(self) -> list[bytes]: ...
    @property
    def delivery(self) -> Delivery: ...
    def end(self, farewell: Farewell | None) -> None: ...
    def push(self, frame: bytes) -> None: ...
    def stock_taken(self, stock: Stock) -> None: ...
    def invitations_waiting(self) -> None: ...


class Hub:
    """One session per authority; the sessions that have resumed a channel."""

    def __init__(self) -> None:
        self._sessions: dict[str, Attendant] = {}
        self._readers: dict[bytes, dict[str, Attendant]] = {}
        self._elsewhere: dict[str, int] = {}
        self._open: set[Attendant] = set()
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def sessions(self) -> list[Attendant]:
        """The sessions that stand."""
        return list(self._sessions.values())

    async def empty(self) -> None:
        """Wait until no session is left, not even one that was replaced."""
        await self._empty.wait()

    def enter(self, session: Attendant) -> None:
        """A session stands; of an authority's sessions all but the one of the highest number end."""
        self._open.add(session)
        self._empty.clear()
        if self._elsewhere.pop(session.authority, 0) > session.number:  # told before it was here
            session.end(_replaced())
        before = self._sessions.get(session.authority)
        if before is not None and before.number > session.number:
            session.end(_replaced())
            return
        self._sessions[session.authority] = session
        if before is not None:
            before.end(_replaced())

    def leave(self, session: Attendant) -> None:
        """A session is over."""
        self._open.discard(session)
        if not self._open:
            self._empty.set()
        if self._sessions.get(session.authority) is session:
            del self._sessions[session.authority]
        for channel in session.channels:
            self.unfollow(channel, session)

    def follow(self, channel: bytes, session: Attendant) -> None:
        """A session resumes a channel: tell it what is committed there."""
        self._readers.setdefault(channel, {})[session.authority] = session

    def unfollow(self, channel: bytes, session: Attendant) -> None:
        """A session does not follow a channel any more."""
        readers = self._readers.get(channel, {})
        if readers.get(session.authority) is session:
            del readers[session.authority]
            if not readers:
                del self._readers[channel]

    def followers(self, channel: bytes) -> int:
        """How many sessions follow a channel."""
        return len(self._readers.get(channel, ()))

    def on_events(self, events: list[Event]) -> None:
        """What one commit of the store changed."""
        for event in events:
            if isinstance(event, Advance):
                self._advanced(event)
            elif isinstance(event, Acknowledged):
                self._acknowledged(event)
            elif isinstance(event, InvitationsWaiting):
                if (session := self._sessions.get(event.authority)) is not None:
                    session.invitations_waiting()
            elif isinstance(event, StockTaken):
                if (session := self._sessions.get(event.authority)) is not None:
                    session.stock_taken(event.stock)
            elif isinstance(event, Entered):
                self._entered_elsewhere(event)
            elif isinstance(event, Missed):
                for session in self.sessions:
                    session.end(
                        Farewell(Code.UNAVAILABLE, message("the relay was cut off from its database: connect again"))
                    )

    def directory_changed(self, digest: bytes) -> None:
        """Tell every session that another bundle is mirrored."""
        frame = encode_frame(DirectoryChanged(digest))
        for session in self._sessions.values():
            session.push(frame)

    def _entered_elsewhere(self, event: Entered) -> None:
        session = self._sessions.get(event.authority)
        if session is None:
            self._elsewhere[event.authority] = event.session
        elif session.number < event.session:
            session.end(_replaced())

    def _advanced(self, advance: Advance) -> None:
        readers = self._readers.get(advance.channel)
        if readers:
            broadcast = Broadcast(advance)
            for session in readers.values():
                session.delivery.advanced(broadcast)

    def _acknowledged(self, event: Acknowledged) -> None:
        readers = self._readers.get(event.channel)
        if not readers:
            return
        frame = acknowledgements_frame(event.channel, event.acknowledgements) if event.acknowledgements else None
        everybody = len(readers) <= ACKNOWLEDGEMENTS_TO_ALL
        for authority in list(readers) if everybody else event.authors:
            if (session := readers.get(authority)) is not None:
                session.delivery.acknowledged(event.channel, frame)


def _replaced() -> Farewell:
    return Farewell(Code.REPLACED, message("this authority has connected anew: one node at a time"))
