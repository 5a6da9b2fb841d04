"""Acknowledgements: verified before they count, only forward, sent to the authors of what they cover."""

from __future__ import annotations

import pytest

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.client import Acknowledge
from rogatory.protocol.frames.server import Accepted, Acknowledgements, Code
from tests.relay.client import Client, commit, message
from tests.relay.conftest import KE, TZ, UG, Connect, append, founded, removed


async def written(client: Client, channel: bytes, base: int = 1) -> tuple[int, bytes]:
    """A new entry's seq and head."""
    answer = await client.append(channel, message(channel), base)
    assert isinstance(answer, Accepted)
    return answer.receipt.seq, answer.receipt.head


def received(client: Client) -> list[Acknowledgement]:
    return [one for frame in client.frames if isinstance(frame, Acknowledgements) for one in frame.acknowledgements]


async def test_the_author_of_what_it_covers_gets_it_at_once(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq, head = await written(ke, channel)
    sent = await tz.acknowledge(channel, seq, head, excepted=[1])
    frame = await ke.acknowledgements()
    assert (frame.channel, frame.acknowledgements) == (channel, [sent])


async def test_the_author_gets_it_when_it_resumes(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    seq, head = await written(ke, channel)
    await ke.close()
    sent = await tz.acknowledge(channel, seq, head)
    await tz.resume(channel)  # a round trip
    ke = await node(KE)
    await ke.resume(channel)
    assert (await ke.acknowledgements()).acknowledgements == [sent]


async def test_the_other_members_get_it_too(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    await ug.resume(channel)
    seq, head = await written(ke, channel)
    sent = await tz.acknowledge(channel, seq, head)
    assert (await ug.acknowledgements()).acknowledgements == [sent]
    await ug.resume(channel)
    assert (await ug.acknowledgements()).acknowledgements == [sent]


async def test_a_removed_member_gets_none_of_later_entries(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    seq, head = await written(tz, channel)
    await ug.acknowledge(channel, seq, head)
    await ug.resume(channel)
    removal = await append(ke, channel, commit(channel, [KE, UG]), 1)
    early = await ug.acknowledge(channel, removal.seq, removal.head)
    await removed(tz, channel)
    tz.frames.clear()
    await tz.resume(channel)
    assert (await tz.acknowledgements()).acknowledgements == [early]
    await ke.resume(channel)
    seq, head = await written(ke, channel, 3)
    later = await ug.acknowledge(channel, seq, head)
    await ke.wait_where(lambda _: later in received(ke))
    await tz.quiet()
    tz.frames.clear()
    await tz.resume(channel)
    await tz.quiet()
    assert received(tz) == []


async def test_only_a_later_one_counts(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq_1, head_1 = await written(ke, channel)
    seq_2, head_2 = await written(ke, channel)
    later = await tz.acknowledge(channel, seq_2, head_2)
    assert (await ke.acknowledgements()).acknowledgements == [later]
    await tz.acknowledge(channel, seq_1, head_1)
    await tz.acknowledge(channel, seq_2, head_2)
    await ke.quiet()
    assert received(ke) == []
    await ke.resume(channel)
    assert (await ke.acknowledgements()).acknowledgements == [later]


async def test_one_of_another_log_does_not_count(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq, head = await written(ke, channel)
    await tz.acknowledge(channel, seq, bytes(32))
    await tz.acknowledge(channel, seq + 1, head)
    await ke.quiet()
    assert received(ke) == []


async def test_one_with_a_bad_signature_does_not_count(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq, head = await written(ke, channel)
    for signature in (bytes(64), b"short", b""):
        await tz.send(Acknowledge(Acknowledgement(channel, TZ, 1, seq, head, [], signature)))
        await ke.quiet(0.1)
    assert received(ke) == []
    good = await tz.acknowledge(channel, seq, head)
    assert (await ke.acknowledgements()).acknowledgements == [good]


async def test_one_out_of_bounds_does_not_count(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq, head = await written(ke, channel)
    for odd in (
        Acknowledgement(channel, TZ, 1, 2**64 - 1, head, [], bytes(64)),
        Acknowledgement(channel, TZ, 1, 0, head, [], bytes(64)),
        Acknowledgement(b"short", TZ, 1, seq, head, [], bytes(64)),
        Acknowledgement(channel, TZ, 1, seq, head, [2, 1], bytes(64)),
    ):
        await tz.send(Acknowledge(odd))
    good = await tz.acknowledge(channel, seq, head)
    assert (await ke.acknowledgements()).acknowledgements == [good]


@pytest.mark.parametrize("change", ["member", "key_set"])
async def test_one_in_anothers_name_or_of_an_unknown_key_set_ends_the_session(node: Connect, change: str) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    member, key_set = (KE, 1) if change == "member" else (TZ, 7)
    await tz.send(Acknowledge(Acknowledgement(channel, member, key_set, 1, bytes(32), [], bytes(64))))
    goodbye = await tz.departed()
    assert goodbye is not None
    assert goodbye.code is Code.MALFORMED


async def test_a_stranger_to_the_channel_acknowledges_nothing(node: Connect) -> None:
    ke, ug = await node(KE), await node(UG)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    seq, head = await written(ke, channel)
    await ug.acknowledge(channel, seq, head)
    await ke.quiet()
    assert received(ke) == []


async def test_a_removed_member_acknowledges_what_it_could_read(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.resume(channel)
    removal = await append(ke, channel, commit(channel, [KE]), 1)
    good = await tz.acknowledge(channel, removal.seq, removal.head)
    assert (await ke.acknowledgements()).acknowledgements == [good]
    seq, head = await written(ke, channel, 2)
    await tz.acknowledge(channel, seq, head)
    await ke.quiet()
    assert received(ke) == []


async def test_many_members_acknowledgements_reach_the_author(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    await ke.resume(channel)
    for _ in range(20):
        seq, head = await written(ke, channel)
        await tz.acknowledge(channel, seq, head)
        await ug.acknowledge(channel, seq, head)
    await ke.wait_where(lambda _: {(one.member, one.seq) for one in received(ke)} >= {(TZ, 21), (UG, 21)})
