"""A key set that the directory holds: the node takes it up by itself, and every channel's leaf follows."""

from __future__ import annotations

from tests.node.channels.conftest import WorldOf, world_of
from tests.node.channels.looking import consult, texts, troubles, write

__all__ = ["world_of"]

KE, TZ = "ke.central", "tz.central"


def test_what_is_under_way_arrives_once_and_the_leaf_follows(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    packages = set(world.relay.packages[KE])
    tz.disconnect("relay.one")
    write(ke, matter, "before")
    ke.take(ke.core.add_keys(world.simulator.renew_keys(KE)))
    assert ke.core.identity.key_set_version == 1
    write(ke, matter, "under way")
    world.publish()
    world.settle()
    assert ke.core.identity.key_set_version == 2
    write(ke, matter, "after")
    world.settle()
    world.start(TZ)
    world.settle()
    assert texts(tz, matter) == ["first", "before", "under way", "after"]
    leaf = world.group(ke, channel).own_leaf_node
    assert leaf.signature_key == world.simulator.identity(KE).online_public
    assert world.epochs(channel) == 1
    assert packages.isdisjoint(world.relay.packages[KE])
    assert texts(ke, consult(world, TZ, KE)) == ["first"]
    assert not troubles(ke) + troubles(tz)
