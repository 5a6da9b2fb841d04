"""The mirror: what is served is verified, changes are told, and those who are struck off leave."""

from __future__ import annotations

import asyncio
import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rogatory.keys.files import write_atomically
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.frames.server import Accepted, Code, DirectoryChanged, Refused
from rogatory.relay.mirror import OpenBundle
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, Departed, commit, message
from tests.relay.conftest import KE, TZ, UG, append, founded
from tests.relay.process import RelayProcess


@pytest.fixture
def simulator() -> DirectorySimulator:
    return DirectorySimulator([KE, TZ, UG])


@pytest.fixture
def relay(tmp_path: Path, simulator: DirectorySimulator) -> Iterator[RelayProcess]:
    with RelayProcess(tmp_path, simulator) as process:
        yield process


def test_who_reads_a_bundle_finishes_it_though_another_takes_its_place(tmp_path: Path) -> None:
    file = tmp_path / "directory.bundle"
    write_atomically(file, b"the old one", mode=0o644)
    bundle = OpenBundle(file)
    assert bundle.read(0, 4) == b"the "
    write_atomically(file, b"a new one, and a longer one", mode=0o644)
    assert bundle.read(4, bundle.size) == b"old one"


def test_the_bundle_is_served_with_its_hash_as_etag(relay: RelayProcess) -> None:
    with urllib.request.urlopen(relay.url + "/directory") as response:
        etag, body = response.headers["ETag"], response.read()
    assert body == relay.simulator.bundle()
    assert etag == f'"{hashlib.sha256(body).hexdigest()}"'
    request = urllib.request.Request(relay.url + "/directory", headers={"If-None-Match": etag})
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        urllib.request.urlopen(request)
    assert unchanged.value.code == 304


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a relay does by and by."""
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")


async def test_a_new_bundle_is_told_to_every_session(relay: RelayProcess) -> None:
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        assert ke.ready is not None
        assert ke.ready.directory == hashlib.sha256(relay.simulator.bundle()).digest()
        relay.simulator.add_authority("ng.central")
        relay.publish()
        changed = await ke.wait_for(DirectoryChanged)
        assert changed.digest == hashlib.sha256(relay.simulator.bundle()).digest()
        async with Client(relay.link_url, relay.simulator.identity("ng.central")):
            pass


async def test_who_is_struck_off_leaves_at_once(relay: RelayProcess) -> None:
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        relay.simulator.strike_off(KE)
        relay.publish()
        goodbye = await ke.departed()
        assert goodbye is not None
        assert goodbye.code is Code.NOT_ENROLLED
    with pytest.raises(Departed) as departed:
        await Client(relay.link_url, relay.simulator.identity(KE)).connect()
    assert departed.value.code is Code.NOT_ENROLLED


async def test_a_retired_key_set_gets_in_no_more(relay: RelayProcess) -> None:
    async with Client(relay.link_url, relay.simulator.identity(KE)) as ke:
        relay.simulator.renew_keys(KE)
        relay.publish()
        goodbye = await ke.departed()
        assert goodbye is not None
        assert goodbye.code is Code.BAD_PROOF
    with pytest.raises(Departed) as departed:
        await Client(relay.link_url, relay.simulator.identity(KE, 1)).connect()
    assert departed.value.code is Code.BAD_PROOF
    async with Client(relay.link_url, relay.simulator.identity(KE)):
        pass


async def test_an_acknowledgement_by_a_retired_key_set_does_not_count(relay: RelayProcess) -> None:
    relay.simulator.renew_keys(TZ)
    relay.publish()
    async with (
        Client(relay.link_url, relay.simulator.identity(KE)) as ke,
        Client(relay.link_url, relay.simulator.identity(TZ)) as tz,
    ):
        channel = await founded(ke, TZ)
        await ke.resume(channel)
        first, second = await append(ke, channel, message(channel), 1), await append(ke, channel, message(channel), 1)
        stolen = relay.simulator.identity(TZ, 1)
        await tz.acknowledge(channel, second.seq, second.head, identity=stolen)
        good = await tz.acknowledge(channel, first.seq, first.head)
        assert (await ke.acknowledgements()).acknowledgements == [good]
        assert b'acknowledgements_total{outcome="not_in_force"} 1.0' in relay.get("/metrics")[1]


async def test_a_bundle_that_is_rolled_back_forged_or_no_bundle_changes_nothing(relay: RelayProcess) -> None:
    relay.simulator.add_authority("ng.central")
    relay.publish()
    served = relay.get("/directory")[1]
    for bad in (relay.simulator.history[0], DirectorySimulator([KE], seed=9).bundle(), b"?"):
        relay.drop_bundle(bad)
        await until(lambda: relay.ready()["directory_refused"])
        assert relay.get("/directory")[1] == served
        assert relay.ready()["ready"]
        relay.drop_bundle(served)
        await until(lambda: not relay.ready()["directory_refused"])


def test_readiness_tells_of_an_expired_directory(relay: RelayProcess) -> None:
    assert relay.ready()["ready"]
    relay.stop()
    relay.simulator.expire()
    expired = RelayProcess(relay.folder / "other", relay.simulator, enlist=False)
    with expired:
        status, body = expired.get("/ready")
        assert status == 503
        assert b"ran out" in body or b"run out" in body


async def test_without_any_directory_nobody_gets_in(tmp_path: Path, simulator: DirectorySimulator) -> None:
    relay = RelayProcess(tmp_path / "empty", simulator)
    (relay.folder / "directory.bundle").unlink()
    with relay:
        assert relay.get("/ready")[0] == 503
        assert relay.get("/directory")[0] == 503
        with pytest.raises(Departed) as departed:
            await Client(relay.link_url, simulator.identity(KE)).connect()
        assert departed.value.code is Code.UNAVAILABLE
        relay.publish()
        async with Client(relay.link_url, simulator.identity(KE)):
            pass


def test_the_accepted_directory_outlives_a_restart(relay: RelayProcess) -> None:
    relay.stop()
    (relay.folder / "directory.bundle").unlink()
    relay.start()
    assert relay.get("/directory")[1] == relay.simulator.bundle()


async def test_a_networks_channel_is_founded_by_a_coordinator_at_its_own_relay(
    tmp_path: Path, simulator: DirectorySimulator
) -> None:
    simulator.add_relay("relay.two")
    here = simulator.add_network("gljcn", members=[KE, TZ], coordinators=[UG])
    elsewhere = simulator.add_network("wacap", members=[KE], coordinators=[UG], relay="relay.two")
    with RelayProcess(tmp_path / "network", simulator) as relay:
        async with (
            Client(relay.link_url, simulator.identity(KE)) as ke,
            Client(relay.link_url, simulator.identity(UG)) as ug,
        ):
            for client, channel in ((ke, here), (ug, elsewhere), (ke, elsewhere)):
                answer = await client.append(channel, commit(channel, [client.authority]), 0)
                assert isinstance(answer, Refused)
                assert answer.code is Code.RESERVED_CHANNEL
            newest = simulator.directory().network_versions["gljcn"]
            ahead = commit(here, [KE, TZ, UG], pin=DirectoryPin(1, newest + 1))
            await ug.resume(here)
            answer = await ug.append(here, ahead, 0)
            assert isinstance(answer, Refused)
            assert answer.code is Code.DIRECTORY_BEHIND
            await ug.resume(here)
            founding = commit(here, [KE, TZ, UG], pin=DirectoryPin(1, newest))
            assert isinstance(await ug.append(here, founding, 0), Accepted)
