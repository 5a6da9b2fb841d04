"""Key packages: this node's own, the last resort, and those of authorities at another relay; and new key sets."""

from __future__ import annotations

from pathlib import Path

from rogatory.node.channels.trouble import Trouble
from rogatory.protocol.frames.client import PublishKeyPackages
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
