"""A small node's side of the link, speaking frames and nothing of MLS: enough to test a relay with.

Bodies are real encodings of PrivateMessages whose ciphertext is random: a relay sees no more of them than that.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from rogatory.keys.identity import Identity
from rogatory.keys.link import PLAIN_BINDING, authority_proof_input, check_relay_proof
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, encode_declaration
from rogatory.protocol.frames.client import (
    Acknowledge,
    Append,
    ClaimKeyPackages,
    ClientFrame,
    Credit,
    FetchChannels,
    FetchHeaders,
    Hello,
    Invitation,
    InvitationsTaken,
    Proof,
    PublishKeyPackages,
    Resume,
)
from rogatory.protocol.frames.codec import decode_server_frame, encode_frame
from rogatory.protocol.frames.server import (
    Accepted,
    AcceptedTogether,
    Acknowledgements,
    Challenge,
    Channels,
    Claimed,
    Code,
    Entries,
    Entry,
    Goodbye,
    Headers,
    Invited,
    Published,
    Ready,
    Refused,
    Resumed,
    ServerFrame,
    StockLow,
)
from rogatory.protocol.header import Form
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.mls.codec import opaque, uint8, uint16, uint64

F = TypeVar("F")
WAIT = 10.0

APPLICATION, PROPOSAL, COMMIT = 1, 2, 3


class Departed(Exception):
    """The relay said goodbye, or the connection is gone (`goodbye` is None)."""

    def __init__(self, goodbye: Goodbye | None) -> None:
        super().__init__(str(goodbye))
        self.goodbye = goodbye

    @property
    def code(self) -> Code | None:
        """Why, if the relay said so."""
        return self.goodbye and self.goodbye.code


def private_message(
    channel: bytes, content_type: int, authenticated_data: bytes = b"", size: int = 32, epoch: int = 1
) -> bytes:
    """An MLSMessage with a PrivateMessage (RFC 9420 section 6.3), its ciphertext `size` random bytes."""
    return (
        uint16(1)
        + uint16(2)
        + opaque(channel)
        + uint64(epoch)
        + uint8(content_type)
        + opaque(authenticated_data)
        + opaque(os.urandom(16))
        + opaque(os.urandom(size))
    )


FIRST_PIN = DirectoryPin(1)


def message(channel: bytes, size: int = 32, pin: DirectoryPin = FIRST_PIN) -> bytes:
    """The body of an application entry that pins these directory versions."""
    return private_message(channel, APPLICATION, encode_declaration(Declaration(pin, Seen(0, bytes(32)))), size)


def commit(
    channel: bytes,
    access: Iterable[str] | None = None,
    size: int = 32,
    *,
    seen: int = 0,
    pin: DirectoryPin = FIRST_PIN,
) -> bytes:
    """The body of a commit entry that declares this access list, and to have seen the log up to `seen`."""
    listed = None if access is None else sorted(set(access))
    return private_message(
        channel, COMMIT, encode_declaration(Declaration(pin, Seen(seen, bytes(32)), access=listed)), size
    )


class Client:
    """One link of `identity` to the relay at `url`. Frames that nobody waits for are kept in `frames`."""

    def __init__(
        self, url: str, identity: Identity, *, binding: bytes = PLAIN_BINDING, tls: ssl.SSLContext | None = None
    ):
        self.url = url
        self.identity = identity
        self.authority = identity.authority
        self.binding = binding
        self.tls = tls
        self.credit = True
        self.frames: list[ServerFrame] = []
        self.entries: dict[bytes, list[Entry]] = {}
        self.ready: Ready | None = None
        self.goodbye: Goodbye | None = None
        self._socket: ClientConnection | None = None
        self._ref = 0
        self._arrived = asyncio.Condition()
        self._reader: asyncio.Task[None] | None = None
        self._gone = False

    async def connect(self, relay_key: bytes | None = None, relay: str = "relay.one") -> Self:
        """Prove who both are. Raises Departed."""
        await self.open()
        nonce = os.urandom(32)
        challenge = await self.hello(nonce)
        if relay_key is not None:
            check_relay_proof(
                challenge.signature,
                relay_key,
                relay=relay,
                authority=self.authority,
                client_nonce=nonce,
                relay_nonce=challenge.nonce,
                binding=self.binding,
            )
        data = authority_proof_input(challenge.relay, self.authority, nonce, challenge.nonce, self.binding)
        await self.send(Proof(self.identity.key_set_version, self.identity.sign_online(data)))
        self.ready = await self.wait_for(Ready)
        return self

    async def open(self) -> None:
        """The WebSocket, without any frame."""
        self._socket = await connect(self.url, max_size=MAX_FRAME + 1, compression=None, ssl=self.tls, proxy=None)
        self._reader = asyncio.create_task(self._read())

    async def hello(self, nonce: bytes, versions: list[int] | None = None) -> Challenge:
        """The first frame, and its answer."""
        await self.send(Hello(self.authority, nonce, [1] if versions is None else versions))
        return await self.wait_for(Challenge)

    async def close(self) -> None:
        """End the link."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await asyncio.wait([self._reader])

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # Requests

    async def append(
        self,
        channel: bytes,
        body: bytes,
        base: int,
        *,
        form: Form = Form.MLS,
        invitation: Invitation | None = None,
    ) -> Accepted | Refused:
        """Append, and wait for the answer."""
        ref = await self.post(channel, body, base, form=form, invitation=invitation)
        return await self.answer(ref)

    async def post(
        self,
        channel: bytes,
        body: bytes,
        base: int,
        *,
        form: Form = Form.MLS,
        invitation: Invitation | None = None,
    ) -> int:
        """Append without waiting; gives the ref."""
        ref = self._next()
        await self.send(Append(ref, channel, base, form, body, invitation))
        return ref

    async def answer(self, ref: int) -> Accepted | Refused:
        """The answer to an append."""
        return await self.wait_where(lambda frame: isinstance(frame, Accepted | Refused) and frame.ref == ref)

    async def resume(self, channel: bytes, after: int = 0) -> Resumed | Refused:
        """Resume a channel."""
        return await self._ask(lambda ref: Resume(ref, channel, after))

    async def headers(self, channel: bytes, after: int, until: int) -> Headers | Refused:
        """Fetch headers."""
        return await self._ask(lambda ref: FetchHeaders(ref, channel, after, until))

    async def memberships(self, after: bytes = b"") -> Channels | Refused:
        """Fetch the channels of which it is a member."""
        return await self._ask(lambda ref: FetchChannels(ref, after))

    async def headers_unanswered(self, channel: bytes, after: int, until: int) -> None:
        """Ask for headers and do not wait."""
        await self.send(FetchHeaders(self._next(), channel, after, until))

    async def publish(
        self, packages: list[bytes], last_resort: bytes | None = None, replace: bool = False
    ) -> Published | Refused:
        """Publish key packages."""
        return await self._ask(lambda ref: PublishKeyPackages(ref, packages, last_resort, replace))

    async def claim(self, *authorities: str) -> Claimed | Refused:
        """Claim key packages."""
        return await self._ask(lambda ref: ClaimKeyPackages(ref, list(authorities)))

    async def acknowledge(
        self,
        channel: bytes,
        seq: int,
        head: bytes,
        *,
        excepted: list[int] | None = None,
        identity: Identity | None = None,
    ) -> Acknowledgement:
        """Send a signed acknowledgement, by `identity`'s key if it is given."""
        signer = identity or self.identity
        unsigned = Acknowledgement(channel, self.authority, signer.key_set_version, seq, head, excepted or [])
        signed = Acknowledgement(
            channel,
            self.authority,
            signer.key_set_version,
            seq,
            head,
            excepted or [],
            signer.sign_online(unsigned.signing_input()),
        )
        await self.send(Acknowledge(signed))
        return signed

    async def taken(self, *ids: int) -> None:
        """Say that invitations are persisted."""
        await self.send(InvitationsTaken(list(ids)))

    async def send(self, frame: ClientFrame) -> None:
        """Send a frame."""
        await self.send_bytes(encode_frame(frame))

    async def send_bytes(self, data: bytes | str) -> None:
        """Send any message. Raises Departed."""
        assert self._socket is not None
        try:
            await self._socket.send(data)
        except ConnectionClosed:
            raise Departed(self.goodbye) from None

    # Waiting

    async def wait_for(self, kind: type[F], seconds: float = WAIT) -> F:
        """The next frame of this kind, taken out of `frames`. Raises Departed, TimeoutError."""
        return await self.wait_where(lambda frame: isinstance(frame, kind), seconds)

    async def wait_where(self, wanted: Callable[[ServerFrame], bool], seconds: float = WAIT) -> Any:
        """The next frame that is wanted, taken out of `frames`."""
        async with asyncio.timeout(seconds), self._arrived:
            while True:
                for index, frame in enumerate(self.frames):
                    if wanted(frame):
                        return self.frames.pop(index)
                if self._gone:
                    raise Departed(self.goodbye)
                await self._arrived.wait()

    async def wait_entries(self, channel: bytes, count: int, seconds: float = WAIT) -> list[Entry]:
        """The channel's entries once there are as many. Raises Departed, TimeoutError."""
        async with asyncio.timeout(seconds), self._arrived:
            while len(self.entries.get(channel, [])) < count:
                if self._gone:
                    raise Departed(self.goodbye)
                await self._arrived.wait()
        return self.entries[channel]

    async def departed(self, seconds: float = WAIT) -> Goodbye | None:
        """Wait until the relay ends the connection; gives its goodbye."""
        async with asyncio.timeout(seconds), self._arrived:
            while not self._gone:
                await self._arrived.wait()
        return self.goodbye

    async def invited(self) -> Invited:
        """The next invitation."""
        return await self.wait_for(Invited)

    async def stock_low(self) -> StockLow:
        """The next notice that key packages run out."""
        return await self.wait_for(StockLow)

    async def acknowledgements(self) -> Acknowledgements:
        """The next acknowledgements of others."""
        return await self.wait_for(Acknowledgements)

    async def quiet(self, seconds: float = 0.3) -> None:
        """Give the relay time to send what it should not."""
        await asyncio.sleep(seconds)

    def _next(self) -> int:
        self._ref += 1
        return self._ref

    async def _ask(self, frame: Callable[[int], ClientFrame]) -> Any:
        ref = self._next()
        await self.send(frame(ref))
        return await self.wait_where(lambda answer: getattr(answer, "ref", None) == ref)

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                frame = decode_server_frame(data)
                async with self._arrived:
                    if isinstance(frame, Entries):
                        self.entries.setdefault(frame.channel, []).extend(frame.entries)
                    elif isinstance(frame, Goodbye):
                        self.goodbye = frame
                    self.frames += frame.each() if isinstance(frame, AcceptedTogether) else [frame]
                    self._arrived.notify_all()
                if isinstance(frame, Entries) and self.credit:
                    await self.send(Credit(sum(128 + len(entry.body or b"") for entry in frame.entries)))
        except (ConnectionClosed, Departed):
            pass
        finally:
            self._gone = True
            async with self._arrived:
                self._arrived.notify_all()
