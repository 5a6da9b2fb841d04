"""Who gets in, and what those who do not are told."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from rogatory.keys.errors import LinkAuthenticationError
from rogatory.keys.identity import Identity
from rogatory.keys.link import authority_proof_input
from rogatory.protocol.frames.client import Credit, Hello, Proof, Resume
from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Code, Resumed
from rogatory.protocol.limits import MAX_FRAME
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, Departed
from tests.relay.conftest import KE, TZ, Connect, founded
from tests.relay.process import RelayProcess


async def turned_away(client: Client) -> Code | None:
    """Why the relay does not let this client in."""
    with pytest.raises(Departed) as departed:
        await client.connect()
    return departed.value.code


def client_of(relay: RelayProcess, identity: Identity) -> Client:
    return Client(relay.link_url, identity)


async def test_both_sides_prove_who_they_are(relay: RelayProcess) -> None:
    client = client_of(relay, relay.simulator.identity(KE))
    await client.connect(relay.simulator.relay_keys().identity.public)
    assert client.ready is not None
    assert client.ready.delivery_window > 0
    await client.close()


async def test_a_client_notices_another_relay(relay: RelayProcess) -> None:
    client = client_of(relay, relay.simulator.identity(KE))
    with pytest.raises(LinkAuthenticationError):
        await client.connect(relay.simulator.stranger(KE).online_public)
    await client.close()


async def test_a_stranger_is_turned_away(relay: RelayProcess) -> None:
    stranger = client_of(relay, relay.simulator.stranger("xx.unknown"))
    assert await turned_away(stranger) is Code.NOT_ENROLLED
    assert stranger.frames[:-1] == []


async def test_another_key_under_an_enrolled_name_is_a_bad_proof(relay: RelayProcess) -> None:
    assert await turned_away(client_of(relay, relay.simulator.stranger(KE))) is Code.BAD_PROOF


async def test_a_proof_of_another_connection_does_not_serve(relay: RelayProcess) -> None:
    identity = relay.simulator.identity(KE)
    first, second = client_of(relay, identity), client_of(relay, identity)
    nonce = os.urandom(32)
    await first.open()
    challenge = await first.hello(nonce)
    data = authority_proof_input(challenge.relay, KE, nonce, challenge.nonce, first.binding)
    await second.open()
    await second.hello(nonce)
    await second.send(Proof(1, identity.sign_online(data)))
    goodbye = await second.departed()
    assert goodbye is not None
    assert goodbye.code is Code.BAD_PROOF
    await first.close()


async def test_an_unknown_version_is_told(relay: RelayProcess) -> None:
    for versions in ([], [2, 3], [0]):
        client = client_of(relay, relay.simulator.identity(KE))
        await client.open()
        with pytest.raises(Departed) as departed:
            await client.hello(os.urandom(32), versions)
        assert departed.value.code is Code.UNSUPPORTED_VERSION


async def test_a_version_that_both_speak_is_chosen(relay: RelayProcess) -> None:
    client = client_of(relay, relay.simulator.identity(KE))
    await client.open()
    challenge = await client.hello(os.urandom(32), [9, 1])
    assert challenge.version == 1
    await client.close()


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"\xc1",
        bytes(range(200)),
        encode_frame(Credit(1)),
        encode_frame(Resume(1, bytes(32), 0)),
        encode_frame(Hello(KE, b"short", [1])),
        encode_frame(Hello("", bytes(32), [1])),
        encode_frame(Hello("x" * 70, bytes(32), [1])),
        "text",
    ],
    ids=["empty", "reserved byte", "noise", "credit", "resume", "short nonce", "no name", "long name", "text"],
)
async def test_a_first_frame_that_is_no_hello_is_malformed(relay: RelayProcess, first: bytes | str) -> None:
    client = client_of(relay, relay.simulator.identity(KE))
    await client.open()
    await client.send_bytes(first)
    goodbye = await client.departed()
    assert goodbye is not None
    assert goodbye.code is Code.MALFORMED


async def test_a_frame_over_the_limit_ends_the_connection_and_nothing_else(relay: RelayProcess, node: Connect) -> None:
    ke = await node(KE)
    with contextlib.suppress(Departed):
        await ke.send_bytes(bytes(MAX_FRAME + 100))
    await ke.departed()
    assert isinstance(await (await node(TZ)).resume(await founded(await node(KE), TZ)), Resumed)


@pytest.mark.parametrize(
    "odd",
    [b"", b"\x00", bytes(range(64)), encode_frame(Hello(KE, bytes(32), [1])), "text"],
    ids=["empty", "zero", "noise", "hello again", "text"],
)
async def test_a_malformed_frame_ends_the_session(node: Connect, odd: bytes | str) -> None:
    ke = await node(KE)
    await ke.send_bytes(odd)
    goodbye = await ke.departed()
    assert goodbye is not None
    assert goodbye.code is Code.MALFORMED
    await founded(await node(KE))


async def test_a_new_session_replaces_the_old_one(node: Connect) -> None:
    first = await node(KE)
    second = await node(KE)
    goodbye = await first.departed()
    assert goodbye is not None
    assert goodbye.code is Code.REPLACED
    channel = await founded(second)
    await second.resume(channel)
    await second.wait_entries(channel, 1)


async def test_a_handshake_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"handshake_seconds": 0.3}}) as relay:
        for hello in (False, True):
            client = Client(relay.link_url, simulator.identity(KE))
            await client.open()
            if hello:
                await client.hello(os.urandom(32))
            goodbye = await client.departed()
            assert goodbye is not None
            assert goodbye.code is Code.TIMEOUT


async def test_connections_are_limited_by_address(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"connections_per_address": 3}}) as relay:
        idle = [Client(relay.link_url, simulator.identity(KE)) for _ in range(3)]
        for client in idle:
            await client.open()
        assert await turned_away(Client(relay.link_url, simulator.identity(KE))) is Code.QUOTA
        await idle[0].close()
        await asyncio.sleep(0.2)
        async with Client(relay.link_url, simulator.identity(KE)):
            pass
        for client in idle[1:]:
            await client.close()


async def test_a_dead_peer_is_found_by_pings(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE])
    with RelayProcess(tmp_path, simulator, settings={"limits": {"ping_seconds": 0.2}}) as relay:
        client = await Client(relay.link_url, simulator.identity(KE)).connect()
        assert b"rogatory_relay_sessions 1.0" in relay.get("/metrics")[1]
        assert client._socket is not None
        client._socket.transport.pause_reading()
        for _ in range(50):
            await asyncio.sleep(0.1)
            if b"rogatory_relay_sessions 0.0" in relay.get("/metrics")[1]:
                break
        else:
            raise AssertionError("the relay keeps a session whose node does not answer")
        client._socket.transport.abort()


async def test_plain_http_on_the_link_is_refused(relay: RelayProcess) -> None:
    assert relay.get("/v1/link")[0] == 400
