"""Who may read a blob: members that may read an entry which refers to it, for as long as its body is kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from rogatory.protocol.frames.server import Accepted, Code, Refused
from tests.keys.simulator import DirectorySimulator
from tests.relay.attachments.blobs import BlobClient, until
from tests.relay.client import Client, commit
from tests.relay.conftest import KE, TZ, UG, append, founded, removed
from tests.relay.process import RelayProcess

LITTLE = {
    "quotas": {"blobs": 12, "blob_bytes": 3_000_000, "blob_size": 2_000_000},
    "retention": {"interval_seconds": 0.2, "unreferenced_days": 1},
}


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory, simulator: DirectorySimulator) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path_factory.mktemp("blobs"), simulator, settings=LITTLE) as process:
        yield process


class Members:
    """Clients of three authorities, with tokens."""

    def __init__(self, relay: RelayProcess) -> None:
        self.of = {
            name: BlobClient(relay, Client(relay.link_url, relay.simulator.identity(name))) for name in (KE, TZ, UG)
        }

    def __getitem__(self, authority: str) -> BlobClient:
        return self.of[authority]


@pytest_asyncio.fixture
async def members(relay: RelayProcess) -> AsyncIterator[Members]:
    found = Members(relay)
    for each in found.of.values():
        await each.client.connect()
        await each.__aenter__()
    yield found
    for each in found.of.values():
        await each.http.close()
        await each.client.close()


async def referred(author: BlobClient, channel: bytes, base: int, content: bytes) -> bytes:
    """A blob that an entry of the channel refers to."""
    blob = await author.keep(content)
    answer = await author.refer(channel, base, blob)
    assert isinstance(answer, Accepted), answer
    return blob


async def test_members_read_what_an_entry_refers_to_and_others_do_not(members: Members) -> None:
    channel = await founded(members[KE].client, TZ)
    blob = await referred(members[KE], channel, 1, b"evidence")
    assert (await members[TZ].get(blob)).body == b"evidence"
    assert (await members[UG].get(blob)).status == 404


async def test_a_blob_that_no_entry_refers_to_is_its_owners_alone(members: Members) -> None:
    await founded(members[KE].client, TZ)
    blob = await members[KE].keep(b"draft")
    assert (await members[KE].get(blob)).body == b"draft"
    assert (await members[TZ].get(blob)).status == 404


async def test_who_comes_later_reads_later_blobs_only(members: Members) -> None:
    ke = members[KE]
    channel = await founded(ke.client, TZ)
    before = await referred(ke, channel, 1, b"before")
    await append(ke.client, channel, commit(channel, [KE, TZ, UG]), 1)
    after = await referred(ke, channel, 3, b"after")
    assert (await members[UG].get(before)).status == 404
    assert (await members[UG].get(after)).body == b"after"
    # Referred to again by an entry that it may read, the old one is shared with it.
    assert isinstance(await ke.refer(channel, 3, before), Accepted)
    assert (await members[UG].get(before)).body == b"before"


async def test_a_removed_member_reads_what_it_could_and_nothing_later(members: Members) -> None:
    ke, tz, ug = members[KE], members[TZ], members[UG]
    channel = await founded(ke.client, TZ, UG)
    before = await referred(ke, channel, 1, b"before")
    removal = await append(ke.client, channel, commit(channel, [KE, TZ]), 1)
    await tz.client.acknowledge(channel, removal.seq, removal.head)
    await removed(ug.client, channel)
    after = await referred(ke, channel, 3, b"after")
    assert (await tz.get(after)).body == b"after"
    assert (await ug.get(before)).body == b"before"
    assert (await ug.get(after)).status == 404


async def test_an_entry_cannot_refer_to_what_its_author_may_not_read(members: Members) -> None:
    secret = await referred(members[KE], await founded(members[KE].client, TZ), 1, b"not for ug")
    channel = await founded(members[UG].client, KE)
    answer = await members[UG].refer(channel, 1, secret)
    assert isinstance(answer, Refused)
    assert answer.code is Code.MISSING_BLOB
    assert (await members[UG].get(secret)).status == 404


async def test_an_entry_cannot_refer_to_what_is_not_whole_or_not_there(members: Members) -> None:
    ke = members[KE]
    channel, begun = await founded(ke.client, TZ), os.urandom(32)
    await ke.create(begun, 100)
    for wrong in (begun, os.urandom(32)):
        answer = await ke.refer(channel, 1, wrong)
        assert isinstance(answer, Refused)
        assert answer.code is Code.MISSING_BLOB
        await ke.client.resume(channel, 1)
    same = await ke.keep(b"twice")
    for malformed in ((same, same), (b"short",), tuple(os.urandom(32) for _ in range(101))):
        answer = await ke.refer(channel, 1, *malformed)
        assert isinstance(answer, Refused)
        assert answer.code is Code.MALFORMED
        await ke.client.resume(channel, 1)


async def test_more_than_the_quota_is_refused_and_others_are_served_on(members: Members, relay: RelayProcess) -> None:
    ug = members[UG]
    assert (await ug.create(os.urandom(32), 2_000_001)).status == 413
    held = [os.urandom(32) for _ in range(3)]
    assert [(await ug.create(blob, 1_000_000)).status for blob in held] == [201, 201, 201]
    refused = await ug.create(os.urandom(32), 1)
    assert refused.status == 507
    assert b"limit" in refused.body
    blob = await members[KE].keep(b"others go on")
    assert (await members[KE].get(blob)).body == b"others go on"
    for blob in held:
        await ug.ask("DELETE", blob)
    assert (await ug.create(os.urandom(32), 1_000_000)).status == 201


async def test_objects_of_a_dropped_blob_are_deleted(members: Members, relay: RelayProcess) -> None:
    blob = await members[KE].keep(os.urandom(100_000))
    folder = str(relay.folder / "blobs" / blob.hex())

    async def gone() -> bool:
        return not os.path.exists(folder)  # noqa: ASYNC240

    assert not await gone()
    await members[KE].ask("DELETE", blob)
    await until(gone, "delete the objects")


async def test_how_many_an_authority_keeps_is_limited_however_small_they_are(members: Members) -> None:
    await founded(members[UG].client, TZ)
    begun = [os.urandom(32) for _ in range(30)]
    answers = await asyncio.gather(*(members[UG].create(blob, 1) for blob in begun))
    kept = [blob for blob, answer in zip(begun, answers, strict=True) if answer.status == 201]
    assert {answer.status for answer in answers} == {201, 507}
    assert (await members[UG].create(os.urandom(32), 1)).status == 507
    assert (await members[UG].create(kept[0], 1)).status == 201
    assert (await members[UG].ask("DELETE", kept[0])).status == 204
    assert (await members[UG].create(os.urandom(32), 1)).status == 201
    assert (await members[UG].create(os.urandom(32), 1)).status == 507
    for blob in kept:
        assert (await members[UG].ask("DELETE", blob)).status == 204
