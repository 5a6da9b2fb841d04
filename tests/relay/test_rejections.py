"""Refusals that last are signed, whatever else is under way; a flood of them costs the relay few signatures."""

from __future__ import annotations

import asyncio

import nacl.bindings

from rogatory.protocol.frames.server import Code, Refused, Rejected
from rogatory.protocol.header import body_hash
from rogatory.protocol.limits import MAX_APPLICATION
from rogatory.protocol.rejection import check_rejection
from rogatory.relay.rejections import MOST_EACH, RejectionDesk
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import commit, message
from tests.relay.conftest import KE, TZ, Connect, founded


async def test_the_relay_signs_why_it_does_not_take_an_entry(node: Connect, simulator: DirectorySimulator) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke)
    key = simulator.directory().relay("relay.one").receipt
    for client, body, code in (
        (ke, message(channel, MAX_APPLICATION + 1), Code.TOO_LARGE),
        (tz, message(channel), Code.NOT_A_MEMBER),
        (ke, b"no MLS message", Code.MALFORMED),
    ):
        await client.resume(channel)
        answer = await client.append(channel, body, 1)
        assert isinstance(answer, Refused)
        assert answer.code is code
        rejection = (await client.wait_for(Rejected)).rejection
        check_rejection(rejection, lambda signature, data: _verify(signature, data, key))
        refused = rejection.refused
        assert (rejection.relay, refused.channel, refused.code) == ("relay.one", channel, code.value)
        assert (refused.author, refused.body_hash) == (client.authority, body_hash(body))


async def test_what_time_mends_is_not_signed(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    await ke.append(channel, commit(channel), 1)
    await ke.resume(channel)
    stale = await ke.append(channel, message(channel), 1)
    assert isinstance(stale, Refused)
    await ke.resume(channel)
    await ke.append(channel, b"malformed", 2)
    assert (await ke.wait_for(Rejected)).rejection.refused.body_hash == body_hash(b"malformed")


async def test_a_flood_costs_one_signature_and_one_authority_takes_no_others_room() -> None:
    signatures: list[bytes] = []

    def sign(data: bytes) -> bytes:
        signatures.append(data)
        return bytes(64)

    desk, told, last = RejectionDesk("relay.one", sign), list[Rejected](), asyncio.Event()

    def hear(frame: Rejected) -> None:
        told.append(frame)
        if frame.rejection.refused.author == TZ:
            last.set()

    for number in range(1000):
        desk.note(KE, bytes(32), number.to_bytes(4, "big"), Code.TOO_LARGE, hear)
    desk.note(TZ, bytes(32), b"body", Code.QUOTA, hear)
    desk.note(TZ, bytes(32), b"body", Code.STALE_BASE, hear)
    await asyncio.wait_for(last.wait(), 30)
    assert len(signatures) == 1
    assert [each.rejection.refused.author for each in told] == [KE] * MOST_EACH + [TZ]


def _verify(signature: bytes, data: bytes, key: bytes) -> None:
    nacl.bindings.crypto_sign_open(signature + data, key)
