"""GET /v1/link: the WebSocket of a session. Both sides prove who they are; then frames go to and fro until one ends."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable
from typing import Any, Final

import structlog
from aiohttp import WSMsgType, web

from rogatory.keys.directory.directory import Directory
from rogatory.keys.errors import KeysError, LinkAuthenticationError
from rogatory.keys.link import check_authority_proof, relay_proof_input
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import Hello, Proof
from rogatory.protocol.frames.codec import VERSIONS, decode_client_frame, encode_frame
from rogatory.protocol.frames.server import Challenge, Code, Goodbye
from rogatory.protocol.limits import MAX_AUTHORITY_ID, MAX_FRAME, NONCE
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.mirror import Mirrored
from rogatory.relay.services import Services
from rogatory.relay.session import Session

LAST_WORDS_SECONDS: Final = 5.0
SETTLE_SECONDS: Final = 10.0
_log = structlog.get_logger()


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
            raise Farewell(Code.SHUTTING_DOWN, "the relay is shutting down: come back in a moment")
        if mirrored is None:
            raise Farewell(Code.UNAVAILABLE, "this relay has no directory yet: its operator has been told")
        try:
            async with asyncio.timeout(self._services.config.limits.handshake_seconds):
                authority, key_set = await self._authenticate(socket, mirrored)
        except TimeoutError:
            raise Farewell(Code.TIMEOUT, "the handshake took too long") from None
        if authority is None:
            return
        try:
            stock = await self._services.store.stock(authority)
        except Refusal as refusal:
            raise Farewell(refusal.code, refusal.explanation) from None
        self._services.metrics.handshakes.labels("ready").inc()
        session = Session(self._services, authority, key_set, socket.send_bytes)
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

    # Handshake

    async def _authenticate(self, socket: web.WebSocketResponse, mirrored: Mirrored) -> tuple[str | None, int]:
        """The authority and its key set's number, proven; None if the connection was closed. Raises Farewell."""
        hello = await _receive(socket)
        if hello is None:
            return None, 0
        if not isinstance(hello, Hello) or len(hello.nonce) != NONCE:
            raise Farewell(Code.MALFORMED, "the first frame is a hello with a nonce of 32 bytes")
        if not 0 < len(hello.authority.encode()) <= MAX_AUTHORITY_ID:
            raise Farewell(Code.MALFORMED, "an authority id looks like ke.central")
        version = next((version for version in hello.versions[:100] if version in VERSIONS), None)
        if version is None:
            raise Farewell(
                Code.UNSUPPORTED_VERSION, f"this relay speaks versions {', '.join(map(str, VERSIONS))} of the protocol"
            )
        key_set, key = _current_key(mirrored.directory, hello.authority)
        relay, nonce = self._services.keys.relay, secrets.token_bytes(NONCE)
        binding = self._services.binding
        proof_input = relay_proof_input(relay, hello.authority, hello.nonce, nonce, binding)
        signature = self._services.keys.identity.sign(proof_input)
        await socket.send_bytes(encode_frame(Challenge(version, relay, nonce, signature)))
        proof = await _receive(socket)
        if proof is None:
            return None, 0
        if not isinstance(proof, Proof):
            raise Farewell(Code.MALFORMED, "the second frame is a proof")
        if proof.key_set != key_set:
            raise Farewell(
                Code.BAD_PROOF, f"the key set in force of {hello.authority} is number {key_set}: connect with that one"
            )
        try:
            check_authority_proof(
                proof.signature,
                key,
                relay=relay,
                authority=hello.authority,
                client_nonce=hello.nonce,
                relay_nonce=nonce,
                binding=binding,
            )
        except LinkAuthenticationError as error:
            _log.warning("proof_refused")
            raise Farewell(Code.BAD_PROOF, str(error)) from None
        return hello.authority, key_set

    # Session

    async def _run(self, session: Session, socket: web.WebSocketResponse) -> None:
        reading = asyncio.create_task(_read(socket, session))
        ends: list[asyncio.Future[Any]] = [reading, session.ended]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        await asyncio.wait([reading])
        farewell = session.ended.result() if session.ended.done() else None
        error = None if reading.cancelled() else reading.exception()
        if isinstance(error, Farewell):
            farewell = farewell or error
        elif error is not None:
            raise error
        if farewell is None:
            return
        if farewell.code is Code.SHUTTING_DOWN:
            await _within(SETTLE_SECONDS, session.settle())
        await _within(LAST_WORDS_SECONDS, session.say(Goodbye(farewell.code, farewell.explanation)))


def check_standing(session: Session, mirrored: Mirrored) -> None:
    """End a session whose authority or key set the directory does not stand for any more."""
    try:
        key_set, _ = _current_key(mirrored.directory, session.authority)
    except Farewell as farewell:
        session.end(farewell)
        return
    if key_set != session.key_set:
        session.end(Farewell(Code.BAD_PROOF, f"key set {key_set} is in force now: connect with that one"))


def _current_key(directory: Directory, authority: str) -> tuple[int, bytes]:
    """Number and online key of the newest key set in force; raises Farewell for a stranger."""
    try:
        key_sets = directory.key_sets_in_force(authority, directory.targets_version)
    except KeysError:
        key_sets = []
    if not key_sets:
        raise Farewell(
            Code.NOT_ENROLLED, f"{authority} is not enrolled in directory version {directory.targets_version}"
        )
    return key_sets[0].version, key_sets[0].online


async def _receive(socket: web.WebSocketResponse) -> object | None:
    message = await socket.receive()
    if message.type is not WSMsgType.BINARY:
        if message.type is WSMsgType.TEXT:
            raise Farewell(Code.MALFORMED, "frames are binary messages")
        return None
    try:
        return decode_client_frame(message.data)
    except MalformedError as error:
        raise Farewell(Code.MALFORMED, str(error)) from None


async def _read(socket: web.WebSocketResponse, session: Session) -> None:
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.BINARY:
            await session.receive(message.data)
        elif message.type is WSMsgType.TEXT:
            raise Farewell(Code.MALFORMED, "frames are binary messages")
        else:
            return


async def _say_goodbye(socket: web.WebSocketResponse, farewell: Farewell) -> None:
    goodbye = encode_frame(Goodbye(farewell.code, farewell.explanation))
    with contextlib.suppress(ConnectionError, RuntimeError):  # it did not wait for the answer
        await _within(LAST_WORDS_SECONDS, socket.send_bytes(goodbye))


async def _within(seconds: float, words: Awaitable[None]) -> None:
    """Wait for it, but not for ever: the peer may have stopped reading."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(words, seconds)
