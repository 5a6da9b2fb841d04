"""Key packages: this node's own, the last resort, and those of authorities at another relay; and new key sets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from rogatory.node.channels.profile import decode_package
from rogatory.node.channels.trouble import Trouble
from rogatory.node.store import key_packages
from rogatory.node.store.key_packages import PackageState, Purpose
from rogatory.protocol.frames.client import PublishKeyPackages
from rogatory.protocol.mls.leaf_node import Lifetime
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, texts, troubles, write
from tests.node.harness import World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
WEEK = 7 * 24 * 3600


def test_the_stock_is_filled_when_it_runs_low(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    relay = world.relay
    assert len(relay.packages[TZ]) == 50
    del relay.packages[TZ][19:]
    consult(world, KE, TZ)
    assert len(relay.packages[TZ]) == 50
    assert len(set(relay.packages[TZ])) == 50


def test_after_the_last_resort_the_leaf_gets_new_keys_and_the_relay_a_new_package(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    relay = world.relay
    world.nodes[TZ].disconnect("relay.one")
    relay.packages[TZ].clear()
    before = relay.last_resort[TZ]
    matter = consult(world, KE, TZ)
    world.start(TZ)
    world.settle()
    assert texts(world.nodes[TZ], matter) == ["first"]
    assert relay.logs[bytes.fromhex(matter)].entries[-1].author == TZ  # renews its leaf
    assert world.epochs(bytes.fromhex(matter)) == 1
    world.advance(WEEK + 1)
    assert relay.last_resort[TZ] != before


def test_packages_whose_keys_are_lost_are_replaced(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    before = set(world.relay.packages[TZ])
    tz.disconnect("relay.one")
    tz.database.close()
    tz.path.unlink()
    tz.reopen()
    world.start(TZ)
    world.settle()
    assert before.isdisjoint(world.relay.packages[TZ])
    assert len(world.relay.packages[TZ]) == 50
    matter = consult(world, KE, TZ)
    assert texts(tz, matter) == ["first"]


def test_nothing_is_published_twice_when_the_answer_is_lost(world_of: WorldOf) -> None:
    world = world_of(KE)
    ke = world.nodes[KE]
    ke.crash()
    world.start(KE)
    world.settle()
    published = [frame for frame in world.relay.seen if isinstance(frame, PublishKeyPackages)]
    assert len(published) == 1


def test_a_party_without_key_packages_is_waited_for(world_of: WorldOf) -> None:
    world = world_of(KE, UG)
    world.simulator.add_authority(TZ)
    world.publish()
    world.settle()
    matter = consult(world, KE, TZ)
    world.advance(60)
    assert troubles(world.nodes[KE]) == [Trouble.NO_KEY_PACKAGE]
    assert world.relay.logs == {}
    world.start(TZ)
    world.advance(90)
    assert texts(world.nodes[TZ], matter) == ["first"]


def test_authorities_at_different_relays(tmp_path: Path) -> None:
    world = World(tmp_path, [KE], relays=("relay.one", "relay.two"))
    world.simulator.add_authority(TZ, "relay.two")
    ke, tz = world.start(KE), world.start(TZ)
    world.settle()
    assert list(world.relays["relay.two"].packages) == [TZ]
    matter = consult(world, KE, TZ)
    write(tz, matter, "answer")
    world.settle()
    assert texts(ke, matter) == ["first", "answer"]
    assert list(world.relays["relay.one"].logs) == [bytes.fromhex(matter)]
    assert world.relays["relay.two"].logs == {}
    world.close()


def test_a_new_key_set_goes_into_every_channel(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    world.simulator.renew_keys(TZ)
    world.publish()
    world.settle()
    tz = world.nodes[TZ]
    tz.crash()  # starts again with the new keys
    world.start(TZ)
    world.settle()
    leaf = world.group(world.nodes[KE], channel).members()[1].leaf_node
    assert leaf.signature_key == world.simulator.identity(TZ).online_public
    write(tz, matter, "under new keys")
    world.settle()
    assert texts(world.nodes[KE], matter) == ["first", "under new keys"]
    assert world.relay.logs[channel].acknowledgements[KE].seq == 4
    assert troubles(world.nodes[KE]) == []


def lifetimes(world: World, authority: str) -> list[Lifetime]:
    """Of what the relay would hand out."""
    packages = [decode_package(each) for each in world.relay.packages[authority]]
    packages.append(decode_package(world.relay.last_resort[authority]))
    found = [each.leaf_node.source for each in packages]
    assert all(isinstance(each, Lifetime) for each in found)
    return found  # type: ignore[return-value]


def test_a_node_that_is_connected_for_months_never_runs_out(world_of: WorldOf) -> None:
    """No restart, no new session: only the clock goes on."""
    world = world_of(KE, TZ)
    relay, tz = world.relay, world.nodes[TZ]
    first, last_resorts = set(relay.packages[TZ]), {relay.last_resort[TZ]}
    for week in range(1, 15):
        world.advance(WEEK)
        world.simulator.shift = timedelta(weeks=week)
        world.simulator.renew()
        world.publish()
        world.settle()
        last_resorts.add(relay.last_resort[TZ])
        assert all(each.covers(int(world.now) + 3 * WEEK) for each in lifetimes(world, TZ)), week
        assert len(relay.packages[TZ]) >= 20
        held = tz.read(lambda tx: key_packages.count(tx.connection, Purpose.LAST_RESORT, PackageState.PUBLISHED))
        assert held <= 2  # the one in use, and the one before for a week
        if week % 7 == 0:
            matter = consult(world, KE, TZ, first=f"week {week}")
            assert texts(tz, matter) == [f"week {week}"]
    assert len(last_resorts) >= 14
    assert first.isdisjoint(relay.packages[TZ])
    assert troubles(world.nodes[KE]) == troubles(tz) == []
    held = tz.read(lambda tx: key_packages.count(tx.connection, Purpose.ONCE, PackageState.PUBLISHED))
    assert held <= 2 * 50 + 20  # what ran out is deleted


def test_a_stock_that_is_due_while_the_link_is_down_is_renewed_when_it_stands(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    world.nodes[TZ].disconnect("relay.one")
    world.advance(80 * 24 * 3600)
    world.start(TZ)
    world.settle()
    assert all(each.covers(int(world.now) + 3 * WEEK) for each in lifetimes(world, TZ))


def test_the_last_resort_rotates_at_once_after_its_use(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    relay = world.relay
    relay.packages[TZ].clear()
    before = relay.last_resort[TZ]
    matter = consult(world, KE, TZ)
    assert texts(world.nodes[TZ], matter) == ["first"]
    assert relay.last_resort[TZ] != before
    used_away = relay.last_resort[TZ]
    world.nodes[TZ].disconnect("relay.one")  # used while the node could not be told
    relay.packages[TZ].clear()
    consult(world, KE, TZ)
    world.start(TZ)
    world.settle()
    assert relay.last_resort[TZ] != used_away
