"""A Welcome's parts: stored with their commit, handed to each joiner, kept until taken."""

from __future__ import annotations

import os

from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Accepted, Code, Invited, Refused
from tests.relay.client import Client, commit, message
from tests.relay.conftest import KE, NG, TZ, UG, Connect, append, founded, removed


async def drained(client: Client) -> None:
    """Take whatever other tests left for this authority."""
    await client.quiet(0.1)
    waiting = [frame for frame in client.frames if isinstance(frame, Invited)]
    client.frames = [frame for frame in client.frames if not isinstance(frame, Invited)]
    await client.taken(*(frame.id for frame in waiting))


async def invite(
    client: Client, channel: bytes, base: int, members: list[str], *joiners: str, seen: int | None = None
) -> Accepted | Refused:
    """Invite by a commit on `base` whose author had seen the log up to `seen`, else up to the base."""
    parts = [Joiner(joiner, b"secrets of " + joiner.encode()) for joiner in joiners]
    body = commit(channel, members, seen=base if seen is None else seen)
    return await client.append(channel, body, base, invitation=Invitation(b"info", parts))


async def test_connected_joiners_get_their_own_part_at_once(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke)
    answer = await invite(ke, channel, 1, [KE, TZ, UG], TZ, UG)
    assert isinstance(answer, Accepted)
    for client in (tz, ug):
        invited = await client.invited()
        assert (invited.channel, invited.seq, invited.author, invited.info) == (channel, 2, KE, b"info")
        assert invited.secrets == b"secrets of " + client.authority.encode()
        assert invited.time == answer.receipt.time
        await client.taken(invited.id)


async def test_an_invitation_waits_and_is_repeated_until_taken(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    await invite(ke, channel, 1, [KE, NG], NG)
    first = await (ng := await node(NG)).invited()
    await ng.close()
    again = await (ng := await node(NG)).invited()
    assert again == first
    await ng.taken(again.id)
    await ng.close()
    ng = await node(NG)
    await ng.quiet()
    assert not [frame for frame in ng.frames if isinstance(frame, Invited)]


async def test_several_invitations_come_in_order_once_each(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    channels = [await founded(ke) for _ in range(5)]
    for channel in channels:
        await invite(ke, channel, 1, [KE, TZ], TZ)
    got = [await tz.invited() for _ in channels]
    assert [invited.channel for invited in got] == channels
    await tz.quiet()
    assert not [frame for frame in tz.frames if isinstance(frame, Invited)]
    await tz.taken(*(invited.id for invited in got))


async def test_nobody_takes_anothers_invitation(node: Connect) -> None:
    ke, ng = await node(KE), await node(NG)
    channel = await founded(ke)
    await invite(ke, channel, 1, [KE, TZ], TZ)
    tz = await node(TZ)
    invited = await tz.invited()
    await ng.taken(invited.id)
    await ng.headers(channel, 0, 1)  # a round trip: what was sent before is settled
    await tz.close()
    assert await (await node(TZ)).invited() == invited


async def test_a_refused_commit_invites_nobody(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    channel = await founded(ke)
    await ke.append(channel, commit(channel), 1)
    answer = await invite(ke, channel, 1, [KE, TZ], TZ)
    assert isinstance(answer, Refused)
    await tz.quiet()
    assert not [frame for frame in tz.frames if isinstance(frame, Invited)]


async def test_a_repeated_commit_invites_once(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    channel = await founded(ke)
    body = commit(channel, [KE, TZ], seen=1)
    invitation = Invitation(b"info", [Joiner(TZ, b"secrets")])
    for _ in range(3):
        assert isinstance(await ke.append(channel, body, 1, invitation=invitation), Accepted)
    await tz.taken((await tz.invited()).id)
    await tz.quiet()
    assert not [frame for frame in tz.frames if isinstance(frame, Invited)]


async def test_a_member_can_be_invited_again_by_a_commit_that_keeps_the_access_list(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    channel = await founded(ke, TZ)
    answer = await ke.append(channel, commit(channel, seen=1), 1, invitation=Invitation(b"info", [Joiner(TZ, b"anew")]))
    assert isinstance(answer, Accepted)
    invited = await tz.invited()
    assert invited.secrets == b"anew"
    await tz.taken(invited.id)
    assert isinstance(await tz.append(channel, message(channel), 2), Accepted)


async def test_memberships_are_told_without_those_that_an_invitation_waits_for(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    before = set((await tz.memberships()).channels)
    joined, invited_to, left = [await founded(ke, TZ) for _ in range(3)]
    assert isinstance(await invite(ke, invited_to, 1, [KE, TZ], TZ), Accepted)
    removal = await append(ke, left, commit(left, [KE]), 1)
    await tz.acknowledge(left, removal.seq, removal.head)
    await removed(tz, left)
    answer = await tz.memberships()
    assert set(answer.channels) - before == {joined}
    assert answer.channels == sorted(answer.channels)
    await tz.taken((await tz.invited()).id)
    assert set((await tz.memberships()).channels) - before == {joined, invited_to}
    assert (await tz.memberships(answer.channels[-1])).channels == [
        channel for channel in [invited_to] if channel > answer.channels[-1]
    ]
    assert isinstance(await tz.memberships(bytes(33)), Refused)


async def test_an_invitation_that_an_entry_overtook_is_stale(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    await drained(tz)
    channel = await founded(ke)
    await ke.append(channel, message(channel), 1)
    for seen in (1, 3):
        await ke.resume(channel)
        answer = await invite(ke, channel, 1, [KE, TZ], TZ, seen=seen)
        assert isinstance(answer, Refused)
        assert (answer.code, answer.last_commit) == (Code.STALE_BASE, 1)
    await tz.quiet()
    assert not [frame for frame in tz.frames if isinstance(frame, Invited)]
    await ke.resume(channel)
    answer = await invite(ke, channel, 1, [KE, TZ], TZ, seen=2)
    assert isinstance(answer, Accepted)
    await tz.taken((await tz.invited()).id)


async def test_a_founding_invitation_has_seen_nothing(node: Connect) -> None:
    ke = await node(KE)
    channel = os.urandom(32)
    answer = await invite(ke, channel, 0, [KE, NG], NG, seen=1)
    assert isinstance(answer, Refused)
    assert answer.code is Code.STALE_BASE
    await ke.resume(channel)
    assert isinstance(await invite(ke, channel, 0, [KE, NG], NG, seen=0), Accepted)
