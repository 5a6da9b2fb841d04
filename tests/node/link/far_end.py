"""The other end of a link: a WebSocket server on loopback with a relay's keys, scripted by each test."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from rogatory.keys.identity import Identity, RelayKeys
from rogatory.keys.link import PLAIN_BINDING, certificate_binding, check_authority_proof, relay_proof_input
from rogatory.node.channels.trouble import Trouble
from rogatory.protocol.frames.client import Hello, Proof
from rogatory.protocol.frames.codec import decode_client_frame, encode_frame
from rogatory.protocol.frames.server import Challenge, Ready, ServerFrame

RELAY = "relay.one"
READY = Ready(0, 5, True, bytes(32), 1, 1, 1, 1)
Script = Callable[[ServerConnection], Awaitable[None]]


@dataclass
class Desk:
    """Notes what a link hands over."""

    opened: asyncio.Queue[Ready] = field(default_factory=asyncio.Queue)
    batches: asyncio.Queue[list[ServerFrame]] = field(default_factory=asyncio.Queue)
    closed: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    refused: list[str] = field(default_factory=list)
    troubles: list[tuple[Trouble, str]] = field(default_factory=list)
    failure: Exception | None = None

    async def session_opened(self, relay: str, ready: Ready) -> None:
        self.opened.put_nowait(ready)

    async def receive(self, relay: str, frames: list[ServerFrame]) -> None:
        if self.failure is not None:
            raise self.failure
        self.batches.put_nowait(frames)

    async def keys_refused(self, relay: str) -> None:
        self.refused.append(relay)

    async def session_closed(self, relay: str) -> None:
        self.closed.put_nowait(relay)

    async def trouble(self, relay: str, code: Trouble, explanation: str) -> None:
        self.troubles.append((code, explanation))


class FarEnd:
    """Proves itself with its keys, checks the authority's proof, then runs the test's script."""

    def __init__(self, identity: Identity) -> None:
        self.keys = RelayKeys.generate(RELAY, os.urandom)
        self.signer = self.keys
        self.identity = identity
        self.binding = PLAIN_BINDING
        self.connections = 0
        self.url = ""

    @asynccontextmanager
    async def listen(self, script: Script, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[None]:
        async def handle(socket: ServerConnection) -> None:
            self.connections += 1
            try:
                await self.shake_hands(socket)
                await script(socket)
            except ConnectionClosed:
                return

        async with serve(handle, "127.0.0.1", port, ssl=tls, compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
            yield

    async def shake_hands(self, socket: ServerConnection) -> None:
        hello = decode_client_frame(await socket.recv(decode=False))
        assert isinstance(hello, Hello)
        nonce = os.urandom(32)
        data = relay_proof_input(RELAY, hello.authority, hello.nonce, nonce, self.binding)
        await socket.send(encode_frame(Challenge(1, RELAY, nonce, self.signer.identity.sign(data))))
        proof = decode_client_frame(await socket.recv(decode=False))
        assert isinstance(proof, Proof)
        check_authority_proof(
            proof.signature,
            self.identity.online_public,
            relay=RELAY,
            authority=hello.authority,
            client_nonce=hello.nonce,
            relay_nonce=nonce,
            binding=self.binding,
        )
        await socket.send(encode_frame(READY))


async def stay(socket: ServerConnection) -> None:
    """A script that keeps the session until the other side ends it."""
    await socket.wait_closed()


def certificate(folder: Path) -> tuple[ssl.SSLContext, bytes]:
    """A server's TLS context with a self-signed certificate, and what binds a link to it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.one")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{made.serial_number}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, certificate_binding(made.public_bytes(serialization.Encoding.DER))
