"""How a connection becomes a session: both sides prove who they are (rogatory.keys.link, PROTOCOL.md)."""

from __future__ import annotations

import secrets

import structlog
from aiohttp import WSMsgType, web

from rogatory.keys.directory.directory import Directory
from rogatory.keys.errors import KeysError, LinkAuthenticationError
from rogatory.keys.link import check_authority_proof, relay_proof_input
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import ClientFrame, Hello, Proof
from rogatory.protocol.frames.codec import VERSIONS, decode_client_frame, encode_frame
from rogatory.protocol.frames.server import Challenge, Code
from rogatory.protocol.limits import MAX_AUTHORITY_ID, NONCE
from rogatory.protocol.text import message
from rogatory.relay.errors import Farewell
from rogatory.relay.hub import Attendant
from rogatory.relay.mirror import Mirrored
from rogatory.relay.services import Services

_log = structlog.get_logger()


async def authenticate(
    socket: web.WebSocketResponse, services: Services, directory: Directory
) -> tuple[str, int] | None:
    """The authority and its key set's number, proven; None if the connection was closed. Raises Farewell."""
    hello = await _receive(socket)
    if hello is None:
        return None
    version = _check_hello(hello)
    assert isinstance(hello, Hello)
    key_set, key = current_key(directory, hello.authority)
    relay, nonce, binding = services.keys.relay, secrets.token_bytes(NONCE), services.binding
    signature = services.keys.identity.sign(relay_proof_input(relay, hello.authority, hello.nonce, nonce, binding))
    await socket.send_bytes(encode_frame(Challenge(version, relay, nonce, signature)))
    proof = await _receive(socket)
    if proof is None:
        return None
    if not isinstance(proof, Proof):
        raise Farewell(Code.MALFORMED, message("the second frame is a proof"))
    if proof.key_set != key_set:
        raise Farewell(
            Code.BAD_PROOF,
            message(
                "the key set in force of {authority} is number {key_set}: connect with that one",
                authority=hello.authority,
                key_set=key_set,
            ),
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


def check_standing(session: Attendant, mirrored: Mirrored) -> None:
    """End a session whose authority or key set the directory does not stand for any more."""
    try:
        key_set, _ = current_key(mirrored.directory, session.authority)
    except Farewell as farewell:
        session.end(farewell)
        return
    if key_set != session.key_set:
        session.end(
            Farewell(
                Code.BAD_PROOF, message("key set {key_set} is in force now: connect with that one", key_set=key_set)
            )
        )


def _check_hello(hello: ClientFrame) -> int:
    """The version to speak; raises Farewell."""
    if not isinstance(hello, Hello) or len(hello.nonce) != NONCE:
        raise Farewell(Code.MALFORMED, message("the first frame is a hello with a nonce of {nonce} bytes", nonce=NONCE))
    if not 0 < len(hello.authority.encode()) <= MAX_AUTHORITY_ID:
        raise Farewell(Code.MALFORMED, message("an authority id looks like ke.central"))
    version = next((version for version in hello.versions if version in VERSIONS), None)
    if version is None:
        raise Farewell(
            Code.UNSUPPORTED_VERSION,
            message("this relay speaks versions {versions} of the protocol", versions=VERSIONS),
        )
    return version


def current_key(directory: Directory, authority: str) -> tuple[int, bytes]:
    """Number and online key of the newest key set in force; raises Farewell for a stranger."""
    try:
        key_sets = directory.key_sets_in_force(authority, directory.targets_version)
    except KeysError:
        key_sets = []
    if not key_sets:
        raise Farewell(
            Code.NOT_ENROLLED,
            message(
                "{authority} is not enrolled in directory version {targets_version}",
                authority=authority,
                targets_version=directory.targets_version,
            ),
        )
    return key_sets[0].version, key_sets[0].online


async def _receive(socket: web.WebSocketResponse) -> ClientFrame | None:
    received = await socket.receive()
    if received.type is WSMsgType.TEXT:
        raise Farewell(Code.MALFORMED, message("frames are binary messages"))
    if received.type is not WSMsgType.BINARY:
        return None
    try:
        return decode_client_frame(received.data)
    except MalformedError as error:
        raise Farewell(Code.MALFORMED, str(error)) from None
