"""GET /v1/link: the WebSocket of a session. Both sides prove who they are; then frames go to and fro until one ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Final

from aiohttp import WSMsgType, web

from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Code, Goodbye
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.text import message
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.handshake import authenticate, check_standing
from rogatory.relay.services import Services
from rogatory.relay.session import Session

LAST_WORDS_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 10.0


class Link:
    """Serves sessions; `closing` is set when the relay shuts down."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.closing = False

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from its WebSocket handshake to its end."""
        socket = web.WebSocketResponse(
            compress=False,
            max_msg_size=MAX_FRAME + 1,
            heartbeat=self._services.config.limits.ping_seconds,
            timeout=LAST_WORDS_SECONDS,
            decode_text=False,
        )
        await socket.prepare(request)
        socket.headers.clear()  # they are sent: a sixteenth of what an idle session would take
        try:
            with self._services.connections.admitted(self._address(request)):
                await self._serve(socket)
        except Farewell as farewell:
            self._services.metrics.handshakes.labels(farewell.code.value).inc()
            await _say_goodbye(socket, farewell)
        except ConnectionError:
            pass  # it went away in the middle of the handshake
        await socket.close()
        return socket

    def _address(self, request: web.Request) -> str:
        if self._services.config.behind_proxy_certificate is not None:
            return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return request.remote or ""

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        mirrored = self._services.mirror.current
        if self.closing:
            raise Farewell(Code.SHUTTING_DOWN, message("the relay is shutting down: come back in a moment"))
        if mirrored is None:
            raise Farewell(Code.UNAVAILABLE, message("this relay has no directory yet: its operator has been told"))
        try:
            async with asyncio.timeout(self._services.config.limits.handshake_seconds):
                proven = await authenticate(socket, self._services, mirrored.directory)
        except TimeoutError:
            raise Farewell(Code.TIMEOUT, message("the handshake took too long")) from None
        if proven is None:
            return
        authority, key_set = proven
        try:
            stock = await self._services.store.stock(authority)
            number = await self._services.store.enter(authority)
        except Refusal as refusal:
            raise Farewell(refusal.code, refusal.explanation) from None
        self._services.metrics.handshakes.labels("ready").inc()
        session = Session(self._services, authority, key_set, socket.send_bytes, number)
        hub, sessions = self._services.hub, self._services.metrics.sessions
        mirrored = self._services.mirror.current or mirrored  # it may have changed during the handshake
        session.greet(mirrored, stock)
        hub.enter(session)
        check_standing(session, mirrored)
        sessions.inc()
        try:
            await self._run(session, socket)
        finally:
            sessions.dec()
            hub.leave(session)
            session.close()

    async def _run(self, session: Session, socket: web.WebSocketResponse) -> None:
        farewell = await _read_to_the_end(socket, session)
        if session.ended.done():
            farewell = session.ended.result() or farewell
        if farewell is None:
            return
        if farewell.code is Code.SHUTTING_DOWN:
            await _within(SETTLE_SECONDS, session.settle())
        await _within(LAST_WORDS_SECONDS, session.say(Goodbye(farewell.code, farewell.explanation)))


async def _read_to_the_end(socket: web.WebSocketResponse, session: Session) -> Farewell | None:
    """Read until either side ends the session; why, if the node gave reason to.

    No task of its own reads: most sessions are idle, and a task is a large part of what one takes.
    """
    reading = asyncio.timeout(None)

    def stop(_: asyncio.Future[Farewell | None]) -> None:
        with contextlib.suppress(RuntimeError):  # it has stopped by itself
            reading.reschedule(0)

    session.ended.add_done_callback(stop)
    try:
        async with reading:
            await _read(socket, session)
    except Farewell as farewell:
        return farewell
    except TimeoutError:
        if not reading.expired():
            raise
    return None


async def _read(socket: web.WebSocketResponse, session: Session) -> None:
    while True:
        received = await socket.receive()
        if received.type is WSMsgType.BINARY:
            if (waiting := session.take(received.data)) is not None:
                await waiting
        elif received.type is WSMsgType.TEXT:
            raise Farewell(Code.MALFORMED, message("frames are binary messages"))
        else:
            return


async def _say_goodbye(socket: web.WebSocketResponse, farewell: Farewell) -> None:
    goodbye = encode_frame(Goodbye(farewell.code, farewell.explanation))
    with contextlib.suppress(ConnectionError):  # it did not wait for the answer
        await _within(LAST_WORDS_SECONDS, socket.send_bytes(goodbye))


async def _within(seconds: float, words: Awaitable[None]) -> None:
    """Wait for it, but not for ever: the peer may have stopped reading."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(words, seconds)
