"""The main way: appended, receipted, delivered."""

from __future__ import annotations

import os
from collections.abc import Callable

import nacl.bindings

from rogatory.protocol.frames.server import Accepted, Resumed
from rogatory.protocol.header import Form, body_hash, extend, genesis, next_header
from rogatory.protocol.receipt import check_receipt
from tests.relay.client import commit, message
from tests.relay.conftest import KE, TZ, Connect, founded
from tests.relay.process import RelayProcess


def verify_with(key: bytes) -> Callable[[bytes, bytes], None]:
    def verify(signature: bytes, data: bytes) -> None:
        nacl.bindings.crypto_sign_open(signature + data, key)

    return verify


async def test_an_entry_is_accepted_with_a_receipt_that_verifies(relay: RelayProcess, node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke, TZ)
    body = message(channel)
    answer = await ke.append(channel, body, 1)
    assert isinstance(answer, Accepted)
    check_receipt(answer.receipt, verify_with(relay.simulator.relay_keys().receipt.public))
    assert (answer.receipt.relay, answer.receipt.channel, answer.receipt.seq) == ("relay.one", channel, 2)


async def test_the_head_of_a_receipt_is_the_hash_chain_over_all_entries(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    bodies = [commit(channel, [KE, TZ]), message(channel), message(channel)]
    head = genesis(channel)
    for body in bodies:
        answer = await ke.append(channel, body, min(head.seq, 1))
        header = next_header(channel, head, KE, Form.MLS, body_hash(body))
        head = extend(head, [header])
        assert isinstance(answer, Accepted)
        assert answer.receipt.head == head.hash


async def test_a_member_reads_what_was_appended_before_it_connected(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke, TZ)
    bodies = [message(channel) for _ in range(5)]
    for body in bodies:
        await ke.append(channel, body, 1)
    tz = await node(TZ)
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.seq, resumed.last_commit, resumed.first, resumed.until) == (6, 1, 1, None)
    entries = await tz.wait_entries(channel, 6)
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry.body for entry in entries[1:]] == bodies


async def test_a_connected_member_is_told_at_once(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await tz.resume(channel)
    await tz.wait_entries(channel, 1)
    body = message(channel)
    await ke.append(channel, body, 1)
    entries = await tz.wait_entries(channel, 2)
    assert (entries[1].body, entries[1].author) == (body, KE)


async def test_own_entries_come_back_without_their_body(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    body = message(channel)
    await ke.append(channel, body, 1)
    entries = await ke.wait_entries(channel, 2)
    assert [entry.body for entry in entries] == [None, None]
    assert entries[1].body_hash == body_hash(body)


async def test_many_appends_under_way_keep_their_order(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await tz.resume(channel)
    bodies = [message(channel, 500) for _ in range(200)]
    refs = [await ke.post(channel, body, 1) for body in bodies]
    answers = [await ke.answer(ref) for ref in refs]
    assert [answer.receipt.seq for answer in answers if isinstance(answer, Accepted)] == list(range(2, 202))
    entries = await tz.wait_entries(channel, 201)
    assert [entry.body for entry in entries[1:]] == bodies
