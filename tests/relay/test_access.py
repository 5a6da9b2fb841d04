"""Who reads what: joining, leaving, coming back, rejoining, headers."""

from __future__ import annotations

import os

from rogatory.protocol.declaration import access_digest
from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Accepted, Code, Headers, Refused, Resumed
from rogatory.protocol.header import Form, Header, body_hash, extend, genesis
from tests.relay.client import commit, message
from tests.relay.conftest import KE, NG, TZ, UG, Connect, append, founded, removed


async def test_a_joiner_reads_bodies_from_its_own_add_on(node: Connect) -> None:
    ke, ug = await node(KE), await node(UG)
    channel = await founded(ke, TZ)
    await ke.append(channel, message(channel), 1)
    add = commit(channel, [KE, TZ, UG])
    await ke.append(channel, add, 1)
    later = message(channel)
    await ke.append(channel, later, 3)
    resumed = await ug.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.first, resumed.until, resumed.last_commit) == (3, None, 3)
    assert resumed.access == access_digest([KE, TZ, UG])
    entries = await ug.wait_entries(channel, 4)
    assert [entry.body for entry in entries] == [None, None, add, later]
    assert all((entry.body is None) == (entry.body_hash is not None) for entry in entries)


async def test_a_removed_member_reads_on_until_its_removal_counts(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    await tz.resume(channel)
    remove, meanwhile = commit(channel, [KE, UG]), message(channel)
    removal = await append(ke, channel, remove, 1)
    await append(ke, channel, meanwhile, 2)
    entries = await tz.wait_entries(channel, 3)
    assert [entry.body for entry in entries][1:] == [remove, meanwhile]
    await ug.acknowledge(channel, removal.seq, removal.head)
    told = await removed(tz, channel)
    assert (told.seq, told.last_commit, told.until) == (3, 2, 3)
    assert told.access == access_digest([KE, UG])
    await append(ke, channel, commit(channel), 2)
    tz.entries.clear()
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.seq, resumed.head, resumed.last_commit) == (3, told.head, 2)
    await tz.wait_entries(channel, 3)
    await tz.quiet()
    assert max(entry.seq for entry in tz.entries[channel]) == 3
    answer = await tz.append(channel, message(channel), 4)
    assert isinstance(answer, Refused)
    assert answer.code is Code.NOT_A_MEMBER


async def test_a_connected_member_is_sent_nothing_more_once_its_removal_counts(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    await tz.resume(channel)
    await ke.resume(channel)
    removal = await append(ke, channel, commit(channel, [KE, UG]), 1)
    await tz.wait_entries(channel, 2)
    await ug.acknowledge(channel, removal.seq, removal.head)
    await ke.acknowledgements()
    await append(ke, channel, message(channel), 2)
    await tz.quiet()
    assert len(tz.entries[channel]) == 2


async def test_a_removal_that_the_others_except_never_counts(node: Connect) -> None:
    """One member alone locks nobody out: what it declares has to be a sound commit to more than half of the others."""
    ke, tz, ug, ng = [await node(authority) for authority in (KE, TZ, UG, NG)]
    channel = await founded(ke, TZ, UG, NG)
    await ke.resume(channel)
    junk = await append(ng, channel, commit(channel, [KE, NG, UG]), 1)
    await ke.acknowledge(channel, junk.seq, junk.head, excepted=[junk.seq])
    await ng.acknowledge(channel, junk.seq, junk.head)  # its author's own does not count
    await ug.acknowledge(channel, junk.seq, junk.head)  # one of two is not more than half
    heard: set[str] = set()
    while not heard >= {NG, UG}:
        heard |= {one.member for one in (await ke.acknowledgements()).acknowledgements}
    repair = await append(tz, channel, commit(channel, [KE, TZ, UG, NG]), 2)
    for client in (ke, ug, ng):
        await client.acknowledge(channel, repair.seq, repair.head)
    await tz.quiet()
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.seq, resumed.first, resumed.until) == (3, 1, None)
    assert resumed.access == access_digest([KE, TZ, UG, NG])
    assert all(entry.body is not None for entry in (await tz.wait_entries(channel, 2))[:2])


async def test_who_drops_all_others_waits_for_more_than_half_of_them(node: Connect) -> None:
    ke, tz, ug, ng = [await node(authority) for authority in (KE, TZ, UG, NG)]
    channel = await founded(ke, TZ, UG, NG)
    junk = await append(ng, channel, commit(channel, [NG]), 1)
    await tz.acknowledge(channel, junk.seq, junk.head)
    await ng.acknowledge(channel, junk.seq, junk.head)
    await tz.quiet()
    for client in (ke, tz, ug):
        resumed = await client.resume(channel)
        assert isinstance(resumed, Resumed)
        assert resumed.until is None
    await ug.acknowledge(channel, junk.seq, junk.head)
    for client in (ke, tz, ug):
        assert (await removed(client, channel)).until == junk.seq


async def test_an_acknowledgement_that_covers_more_counts_for_the_removal_too(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ, UG)
    await append(ke, channel, commit(channel, [KE, UG]), 1)
    later = await append(ke, channel, message(channel), 2)
    await ug.acknowledge(channel, later.seq, later.head, excepted=[later.seq])
    assert (await removed(tz, channel)).until == later.seq


async def test_the_digest_at_removal_stays_what_it_was(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    removal = await append(ke, channel, commit(channel, [KE]), 1)
    await tz.acknowledge(channel, removal.seq, removal.head)
    await removed(tz, channel)
    await append(ke, channel, commit(channel, [KE, UG]), 2)
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.access, resumed.last_commit) == (access_digest([KE]), 2)


async def test_a_member_that_comes_back_sees_nothing_of_the_time_between(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    removal = await append(ke, channel, commit(channel, [KE]), 1)
    await tz.acknowledge(channel, removal.seq, removal.head)
    await removed(tz, channel)
    await append(ke, channel, message(channel), 2)
    await append(ke, channel, commit(channel, [KE, TZ]), 2)
    after = message(channel)
    await append(ke, channel, after, 4)
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.first, resumed.until) == (4, None)
    entries = await tz.wait_entries(channel, 5)
    assert [entry.seq for entry in entries if entry.body is not None] == [4, 5]
    assert isinstance(await tz.append(channel, message(channel), 4), Accepted)


async def test_removal_and_addition_in_one_commit_change_nothing(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await ke.append(channel, commit(channel, [KE, TZ]), 1)
    resumed = await tz.resume(channel)
    assert isinstance(resumed, Resumed)
    assert (resumed.first, resumed.until) == (1, None)


async def test_who_is_invited_anew_may_read_what_it_could_before(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    unread = message(channel)
    last, seen = 1, (await append(ke, channel, unread, 1)).seq
    for access in ([KE, TZ], None):
        invitation = Invitation(b"info", [Joiner(TZ, b"secrets")])
        answer = await ke.append(channel, commit(channel, access, seen=seen), last, invitation=invitation)
        assert isinstance(answer, Accepted)
        last = seen = answer.receipt.seq
        resumed = await tz.resume(channel)
        assert isinstance(resumed, Resumed)
        assert (resumed.first, resumed.until) == (1, None)
        await tz.taken((await tz.invited()).id)
    assert (await tz.wait_entries(channel, 4))[1].body == unread


async def test_a_live_reader_gets_everything_across_changes_of_access(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    await tz.resume(channel)
    last = 1
    for access in ([KE, TZ, UG], [KE, TZ], [KE, TZ, UG]):
        answer = await ke.append(channel, commit(channel, access), last)
        assert isinstance(answer, Accepted)
        last = answer.receipt.seq
        for _ in range(3):
            await ke.append(channel, message(channel), last)
    entries = await tz.wait_entries(channel, 13)
    assert [entry.seq for entry in entries] == list(range(1, 14))
    assert all(entry.body is not None for entry in entries)


async def test_a_rejoin_names_the_last_commit_and_needs_membership(node: Connect) -> None:
    ke, tz, ug = await node(KE), await node(TZ), await node(UG)
    channel = await founded(ke, TZ)
    await ke.append(channel, commit(channel), 1)
    stale = await tz.append(channel, b"rejoin document of before", 1, form=Form.REJOIN)
    assert isinstance(stale, Refused)
    assert (stale.code, stale.last_commit) == (Code.STALE_BASE, 2)
    await tz.resume(channel)
    answer = await tz.append(channel, b"rejoin document", 2, form=Form.REJOIN)
    assert isinstance(answer, Accepted)
    refused = await ug.append(channel, b"rejoin document of another", 2, form=Form.REJOIN)
    assert isinstance(refused, Refused)
    assert refused.code is Code.NOT_A_MEMBER
    resumed = await ke.resume(channel)
    assert isinstance(resumed, Resumed)
    assert resumed.last_commit == 2
    entries = await ke.wait_entries(channel, 3)
    assert (entries[2].form, entries[2].body) == (Form.REJOIN, b"rejoin document")


async def test_a_rejoin_founds_no_channel(node: Connect) -> None:
    tz = await node(TZ)
    refused = await tz.append(os.urandom(32), b"rejoin document", 0, form=Form.REJOIN)
    assert isinstance(refused, Refused)
    assert refused.code is Code.UNKNOWN_CHANNEL


async def test_a_member_reads_all_headers_and_they_chain_to_the_head(node: Connect) -> None:
    ke, ug = await node(KE), await node(UG)
    channel = os.urandom(32)
    bodies = [commit(channel, [KE]), message(channel), commit(channel, [KE, UG])]
    for body, base in zip(bodies, (0, 1, 1), strict=True):
        await ke.append(channel, body, base)
    answer = await ug.headers(channel, 0, 100)
    assert isinstance(answer, Headers)
    head = genesis(channel)
    for line in answer.headers:
        header = Header(channel, head.seq + 1, line.author, line.form, line.body_hash, head.hash)
        head = extend(head, [header])
    resumed = await ug.resume(channel)
    assert isinstance(resumed, Resumed)
    assert head.hash == resumed.head
    assert [line.body_hash for line in answer.headers] == [body_hash(body) for body in bodies]
    part = await ug.headers(channel, 1, 2)
    assert isinstance(part, Headers)
    assert part.headers == answer.headers[1:2]


async def test_strangers_to_a_channel_see_neither_entries_nor_headers(node: Connect) -> None:
    ke, ug = await node(KE), await node(UG)
    channel = await founded(ke, TZ)
    for answer in (await ug.resume(channel), await ug.headers(channel, 0, 10)):
        assert isinstance(answer, Refused)
        assert answer.code is Code.NOT_A_MEMBER
    await ke.append(channel, message(channel), 1)
    await ug.quiet()
    assert channel not in ug.entries


async def test_a_removed_member_reads_no_later_headers(node: Connect) -> None:
    ke, tz = await node(KE), await node(TZ)
    channel = await founded(ke, TZ)
    removal = await append(ke, channel, commit(channel, [KE]), 1)
    await tz.acknowledge(channel, removal.seq, removal.head)
    await removed(tz, channel)
    await append(ke, channel, message(channel), 2)
    answer = await tz.headers(channel, 0, 10)
    assert isinstance(answer, Headers)
    assert len(answer.headers) == 2


async def test_places_out_of_bounds_are_malformed(node: Connect) -> None:
    ke = await node(KE)
    channel = await founded(ke)
    for answer in (
        await ke.resume(channel, 2**64 - 1),
        await ke.resume(channel, -1),
        await ke.resume(b"short", 0),
        await ke.headers(channel, 0, 2**63),
    ):
        assert isinstance(answer, Refused)
        assert answer.code is Code.MALFORMED
