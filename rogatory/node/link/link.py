"""The link to one relay: connects, proves, carries frames both ways, and comes back when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, NoReturn, Protocol

import structlog

from rogatory.keys.directory.model import RelayEntry
from rogatory.keys.errors import KeysError
from rogatory.keys.identity import Identity
from rogatory.keys.link import PLAIN_BINDING
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NodeError, ProgramFault
from rogatory.node.link.address import addresses_of
from rogatory.node.link.backoff import GOOD_SESSION, Backoff
from rogatory.node.link.conversation import SessionOver, converse, shake_hands
from rogatory.node.link.patience import TERM, LineDead, Patience, Unanswered
from rogatory.node.link.session import Session
from rogatory.node.link.socket import SOCKET_ERRORS, MeasuredConnection, open_socket
from rogatory.node.link.status import LinkState, LinkStatus
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.server import Code, Goodbye, Ready, ServerFrame
from rogatory.protocol.limits import NONCE
from rogatory.protocol.text import message, text_of

HANDSHAKE_TIMEOUT: Final = 15.0
SILENCES_TOLD: Final = 3
"""After so many sessions in a row that ended with a question unanswered, the officer is told."""
KEYS_REFUSED: Final = frozenset({Code.BAD_PROOF, Code.NOT_ENROLLED})
"""Goodbyes of a relay whose directory does not hold the keys that this node used."""

_log = structlog.get_logger()


class Desk(Protocol):
    """What a link hands things to. Calls for one relay come one after another."""

    async def session_opened(self, relay: str, ready: Ready) -> None:
        """The session stands; frames for it may be sent from now on."""

    async def receive(self, relay: str, frames: list[ServerFrame]) -> None:
        """A batch came."""

    async def session_closed(self, relay: str) -> None:
        """The session is over; what was sent and not answered may be lost."""

    async def keys_refused(self, relay: str) -> None:
        """The relay's directory does not hold the keys in use here: it may hold newer ones of this node."""

    async def trouble(self, relay: str, code: Trouble, explanation: str) -> None:
        """The relay did what it must not do; an officer should know."""


class Link:
    """Keeps one session with one relay, for as long as `run` runs."""

    def __init__(
        self,
        entry: Callable[[], RelayEntry],
        identity: Callable[[], Identity],
        desk: Desk,
        backoff: Backoff,
        *,
        now: Callable[[], float],
        random: Callable[[int], bytes],
        patience: float = TERM,
    ) -> None:
        """`entry` gives the relay's present directory entry, `identity` the keys in use; `now` gives Unix seconds.

        `patience`: seconds for which the relay may leave a question unanswered while nothing moves (`patience.py`).
        """
        self.relay = entry().id
        self._entry = entry
        self._identity = identity
        self._desk = desk
        self._backoff = backoff
        self._now = now
        self._random = random
        self._outgoing: asyncio.Queue[ClientFrame] | None = None
        self._nudged = asyncio.Event()
        self._reported: str | None = None
        self._turn = 0
        self._patience = patience
        self._silences = 0
        """Sessions in a row that ended with a question without an answer."""
        self.certificate: bytes | None = None
        """SHA-256 of the certificate that the session is bound to; None on a plain connection."""
        self.status = LinkStatus(relay=self.relay, state=LinkState.CONNECTING, since=now())

    def send(self, frames: Iterable[ClientFrame]) -> None:
        """Queue frames for the present session. Without one they are dropped: the core makes them anew."""
        if self._outgoing is not None:
            for frame in frames:
                self._outgoing.put_nowait(frame)

    def nudge(self) -> None:
        """Try at once instead of waiting: something has changed, as the relay's address or the directory."""
        self._nudged.set()

    async def run(self) -> NoReturn:
        """Keep the session until cancelled."""
        while True:
            goodbye = await self._attempt()
            lasted = self._now() - self.status.since if self.status.state is LinkState.OPEN else 0.0
            self._backoff.session_ended(lasted)
            if lasted < GOOD_SESSION:  # another address may lead to another replica, which serves
                self._turn += 1
            wait = self._backoff.next(goodbye.code if goodbye else None)
            self._set(LinkState.WAITING, next_attempt=self._now() + wait)
            _log.info("link_waits", relay=self.relay, seconds=round(wait, 2), because=self.status.last_error)
            await self._wait(wait)

    async def _attempt(self) -> Goodbye | None:
        """One session from beginning to end; says why it ended in `status`, and returns the relay's goodbye."""
        self._set(LinkState.CONNECTING)
        try:
            await self._session()
        except Unanswered as error:
            await self._was_silent(error)
        except LineDead as error:
            self._failed(error)
        except SessionOver as over:
            self._failed(over)
            if over.goodbye.code in KEYS_REFUSED:
                await self._desk.keys_refused(self.relay)
            if over.goodbye.code is Code.REPLACED:
                await self._report(
                    Trouble.SESSION_REPLACED,
                    message(
                        "another node opened a session at {relay} with this authority's keys: end one of the two, or,"
                        " if there should be none, have the keys replaced",
                        relay=self.relay,
                    ),
                )
            return over.goodbye
        except (ProtocolError, KeysError) as error:
            self._failed(error)
            await self._report(
                Trouble.LINK, message("no session with {relay}: {error}", relay=self.relay, error=text_of(error))
            )
        except ProgramFault as error:
            self._failed(error)
            await self._report(
                Trouble.FAULT,
                message("the session with {relay} ended: {error}", relay=self.relay, error=text_of(error)),
            )
        except (*SOCKET_ERRORS, NodeError) as error:
            self._failed(error)
        return None

    async def _was_silent(self, error: Unanswered) -> None:
        self._failed(error)
        self.status.unanswered += 1
        self._silences += 1
        _log.warning("link_unanswered", relay=self.relay, because=str(error), in_a_row=self._silences)
        if self._silences == SILENCES_TOLD:
            await self._desk.trouble(
                self.relay,
                Trouble.UNANSWERED,
                message(
                    "{relay} leaves questions without an answer, in {count} sessions in a row: what is to be read or"
                    " sent there may wait for long. The link is begun anew each time; tell the relay's operator",
                    relay=self.relay,
                    count=self._silences,
                ),
            )

    async def _session(self) -> None:
        socket = None
        addresses = addresses_of(self._entry())
        first = self._turn % len(addresses)
        for address in addresses[first:] + addresses[:first]:
            try:
                socket, binding = await open_socket(address)
                break
            except SOCKET_ERRORS as error:
                failure = error
        if socket is None:
            raise failure
        try:
            session = Session(self.relay, self._entry().identity, self._identity(), binding, self._random(NONCE))
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                ready = await shake_hands(socket, session)
            self.certificate = None if binding == PLAIN_BINDING else binding
            await self._carry(socket, session, ready)
        except LineDead:
            socket.transport.abort()  # no farewell would get through
            raise
        finally:
            await socket.close()

    async def _carry(self, socket: MeasuredConnection, session: Session, ready: Ready) -> None:
        """Carry frames both ways until the session ends; raises what ended it."""
        self._outgoing = asyncio.Queue()
        self._set(LinkState.OPEN, clock_difference=ready.time / 1000 - self._now())
        _log.info("link_open", relay=self.relay)
        try:
            await self._desk.session_opened(self.relay, ready)
            patience = Patience(asyncio.get_running_loop().time, self._patience)
            await converse(socket, session, self._outgoing, partial(self._desk.receive, self.relay), patience)
        finally:
            await self._desk.session_closed(self.relay)
            self._outgoing = None
            if self._now() - self.status.since >= GOOD_SESSION:
                self._reported = None

    async def _wait(self, seconds: float) -> None:
        self._nudged.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._nudged.wait()
        except TimeoutError:
            pass

    async def _report(self, code: Trouble, explanation: str) -> None:
        """Tell the officer, once until it changes or a good session lay between."""
        if self._reported != explanation:
            self._reported = explanation
            await self._desk.trouble(self.relay, code, explanation)

    def _failed(self, error: Exception) -> None:
        self.status.last_error = text_of(error) or type(error).__name__

    def _set(
        self, state: LinkState, *, next_attempt: float | None = None, clock_difference: float | None = None
    ) -> None:
        self.status.state = state
        self.status.since = self._now()
        self.status.next_attempt = next_attempt
        if clock_difference is not None:
            self.status.clock_difference = round(clock_difference, 3)
            self.status.last_error = None
