"""Each rule of an append, by its violation; and what a refusal does to the appends after it."""

from __future__ import annotations

import asyncio
import os

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Accepted, Code, Refused, Resumed
from rogatory.protocol.header import Form
from rogatory.protocol.limits import APPENDS_IN_FLIGHT, MAX_APPLICATION, MAX_COMMIT, MAX_INVITATION, MAX_REJOIN
from rogatory.protocol.mls.codec import opaque, uint8, uint16, uint64
from tests.relay.client import APPLICATION, COMMIT, PROPOSAL, Client, commit, message, private_message
from tests.relay.conftest import KE, NG, TZ, UG, Connect, founded
from tests.relay.process import RelayProcess


async def refused(client: Client, channel: bytes, body: bytes, base: int, **more: object) -> Refused:
    """The refusal of an append on a channel that takes appends."""
    await client.resume(channel)
    answer = await client.append(channel, body, base, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Refused), answer
    return answer


async def test_a_base_behind_the_last_commit_is_stale(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.append(channel, message(channel), 1)
    await tz.append(channel, commit(channel), 1)
    for body in (message(channel), commit(channel)):
        answer = await refused(ke, channel, body, 1)
        assert (answer.code, answer.last_commit) == (Code.STALE_BASE, 3)
    assert isinstance((await ke.resume(channel)), Resumed)
    assert isinstance(await ke.append(channel, message(channel), 3), Accepted)


async def test_a_base_ahead_of_the_log_or_at_an_application_entry_is_stale(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    await ke.append(channel, message(channel), 1)
    for base in (2, 3, 2**63, 2**64 - 1):
        assert (await refused(ke, channel, message(channel), base)).code is Code.STALE_BASE


async def test_of_rival_commits_exactly_one_is_taken(node: Connect) -> None:
    clients = [await node(authority) for authority in (KE, TZ, UG, NG)]
    channel = await founded(clients[0], TZ, UG, NG)
    last = 1
    for _ in range(10):
        answers = await asyncio.gather(*(client.append(channel, commit(channel), last) for client in clients))
        accepted = [answer for answer in answers if isinstance(answer, Accepted)]
        assert len(accepted) == 1
        last = accepted[0].receipt.seq
        for client, answer in zip(clients, answers, strict=True):
            if isinstance(answer, Refused):
                assert (answer.code, answer.last_commit) == (Code.STALE_BASE, last)
                await client.resume(channel)


async def test_the_same_body_is_the_same_entry_even_after_its_base_went_stale(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    body = message(channel)
    first = await ke.append(channel, body, 1)
    assert isinstance(first, Accepted)
    await tz.append(channel, commit(channel), 1)
    again = await ke.append(channel, body, 1)
    assert isinstance(again, Accepted)
    assert again.repeated
    assert (again.receipt.seq, again.receipt.head, again.receipt.time) == (
        first.receipt.seq,
        first.receipt.head,
        first.receipt.time,
    )


async def test_the_same_body_twice_in_one_batch_is_one_entry(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    body = message(channel)
    refs = [await ke.post(channel, body, 1) for _ in range(20)]
    answers = [await ke.answer(ref) for ref in refs]
    assert {answer.receipt.seq for answer in answers if isinstance(answer, Accepted)} == {2}
    assert [answer.repeated for answer in answers if isinstance(answer, Accepted)] == [False] + [True] * 19


async def test_a_founding_commit_can_be_repeated(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    body = commit(channel, [KE])
    await ke.append(channel, body, 0)
    again = await ke.append(channel, body, 0)
    assert isinstance(again, Accepted)
    assert again.repeated


async def test_another_members_body_is_not_taken_again(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    body = message(channel)
    await ke.append(channel, body, 1)
    assert (await refused(tz, channel, body, 1)).code is Code.MALFORMED


async def test_a_channel_that_does_not_exist_is_unknown(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    assert (await refused(ke, channel, message(channel), 1)).code is Code.UNKNOWN_CHANNEL
    answer = await ke.resume(channel)
    assert isinstance(answer, Refused)
    assert answer.code is Code.UNKNOWN_CHANNEL


async def test_a_channel_is_founded_once(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    assert (await refused(ke, channel, commit(channel, [KE]), 0)).code is Code.CHANNEL_EXISTS


async def test_founding_takes_a_commit_with_an_access_list(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    for body in (message(channel), commit(channel, None)):
        assert (await refused(ke, channel, body, 0)).code is Code.MALFORMED


async def test_an_access_list_names_the_author(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    assert (await refused(ke, channel, commit(channel, [TZ]), 0)).code is Code.MALFORMED
    channel = await founded(ke, TZ)
    assert (await refused(ke, channel, commit(channel, [TZ]), 1)).code is Code.MALFORMED


async def test_who_is_not_on_the_access_list_appends_nothing(node: Connect) -> None:
    ke, ug = await node(KE), await node(UG)
    channel = await founded(ke, TZ)
    answer = await ug.append(channel, message(channel), 1)
    assert isinstance(answer, Refused)
    assert answer.code is Code.NOT_A_MEMBER


async def test_bodies_that_are_no_private_message_of_the_channel_are_malformed(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    public = uint16(1) + uint16(1) + opaque(channel) + uint64(1) + uint8(1) + bytes(4) + opaque(b"") + uint8(1)
    bodies = [
        b"",
        os.urandom(100),
        message(channel)[:30],
        public,
        private_message(channel, PROPOSAL),
        private_message(channel, 9),
        message(os.urandom(32)),
        private_message(channel, COMMIT, b"not a declaration"),
        private_message(channel, APPLICATION, b"not a declaration"),
        uint16(1) + uint16(5) + os.urandom(50),
    ]
    for body in bodies:
        assert (await refused(ke, channel, body, 1)).code is Code.MALFORMED, body
    assert isinstance(await ke.resume(channel), Resumed)
    assert isinstance(await ke.append(channel, message(channel), 1), Accepted)


async def test_a_channel_id_has_32_bytes(node: Connect) -> None:
    ke = await node(KE)
    for channel in (b"", bytes(31), bytes(33)):
        answer = await ke.append(channel, message(channel), 1)
        assert isinstance(answer, Refused)
        assert answer.code is Code.MALFORMED


async def test_each_kind_of_body_has_its_limit(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    too_large = [
        (message(channel, MAX_APPLICATION), Form.MLS),
        (commit(channel, size=MAX_COMMIT), Form.MLS),
        (bytes(MAX_REJOIN + 1), Form.REJOIN),
    ]
    for body, form in too_large:
        assert (await refused(ke, channel, body, 1, form=form)).code is Code.TOO_LARGE
    joiners = [Joiner(KE, b"s")]
    answer = await refused(ke, channel, commit(channel, [KE]), 1, invitation=Invitation(bytes(MAX_INVITATION), joiners))
    assert answer.code is Code.TOO_LARGE
    await ke.resume(channel)
    for body in (message(channel, MAX_APPLICATION - 200), commit(channel, size=MAX_COMMIT - 400)):
        assert isinstance(await ke.append(channel, body, 1), Accepted)


async def test_an_entry_pins_no_directory_that_the_relay_does_not_mirror(node: Connect, relay: RelayProcess) -> None:
    ke = await node(KE)
    channel, newest = await founded(ke), relay.simulator.directory().targets_version
    for pin in (DirectoryPin(newest + 1), DirectoryPin(2**62), DirectoryPin(newest, 1)):
        for body in (message(channel, pin=pin), commit(channel, pin=pin), commit(channel, [KE], pin=pin)):
            assert (await refused(ke, channel, body, 1)).code is Code.DIRECTORY_BEHIND
    await ke.resume(channel)
    assert isinstance(await ke.append(channel, message(channel, pin=DirectoryPin(newest)), 1), Accepted)


async def test_an_invitation_comes_with_a_commit_and_names_members(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    to_tz = Invitation(b"info", [Joiner(TZ, b"secrets")])
    to_nobody = Invitation(b"info", [])
    twice = Invitation(b"info", [Joiner(TZ, b"1"), Joiner(TZ, b"2")])
    for body, invitation in (
        (message(channel), to_tz),
        (commit(channel, [KE], seen=1), to_tz),
        (commit(channel, None, seen=1), to_tz),
        (commit(channel, [KE, TZ], seen=1), to_nobody),
        (commit(channel, [KE, TZ], seen=1), twice),
    ):
        assert (await refused(ke, channel, body, 1, invitation=invitation)).code is Code.MALFORMED


async def test_after_a_refusal_later_appends_are_refused_until_resumed(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel, other = await founded(ke, TZ), await founded(ke)
    await tz.append(channel, commit(channel), 1)
    stale = [await ke.post(channel, message(channel), 1) for _ in range(3)]
    good = [await ke.post(channel, message(channel), 2) for _ in range(3)]
    elsewhere = await ke.post(other, message(other), 1)
    codes = [answer.code for ref in stale + good if isinstance(answer := await ke.answer(ref), Refused)]
    assert codes == [Code.STALE_BASE] + [Code.NOT_RESUMED] * 5
    assert isinstance(await ke.answer(elsewhere), Accepted)
    await ke.resume(channel, 2)
    assert isinstance(await ke.append(channel, message(channel), 2), Accepted)


async def test_what_was_sent_before_a_malformed_append_is_still_taken(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    before = [await ke.post(channel, message(channel), 1) for _ in range(10)]
    malformed = await ke.post(channel, b"?", 1)
    after = await ke.post(channel, message(channel), 1)
    assert all([isinstance(await ke.answer(ref), Accepted) for ref in before])
    codes = [answer.code for ref in (malformed, after) if isinstance(answer := await ke.answer(ref), Refused)]
    assert codes == [Code.MALFORMED, Code.NOT_RESUMED]


async def test_more_appends_under_way_than_allowed_are_refused(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    refs = [await ke.post(channel, message(channel, 20_000), 1) for _ in range(APPENDS_IN_FLIGHT * 8)]
    answers = [await ke.answer(ref) for ref in refs]
    codes = [answer.code for answer in answers if isinstance(answer, Refused)]
    if codes:  # unless the relay was faster than this client
        assert codes == [Code.TOO_MANY_IN_FLIGHT] + [Code.NOT_RESUMED] * (len(codes) - 1)
    taken = [answer.receipt.seq for answer in answers if isinstance(answer, Accepted)]
    assert taken == list(range(2, 2 + len(taken)))
    assert len(taken) >= APPENDS_IN_FLIGHT


async def test_application_entries_and_commits_need_the_same_base(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    assert isinstance(await ke.append(channel, commit(channel), 1), Accepted)
    assert isinstance(await ke.append(channel, message(channel), 2), Accepted)
    assert isinstance(await ke.append(channel, commit(channel), 2), Accepted)
    assert (await refused(ke, channel, message(channel), 2)).last_commit == 4
