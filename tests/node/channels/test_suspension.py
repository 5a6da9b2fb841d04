"""Keys that are marked as compromised: their leaf goes at once, and their authority comes back under new ones."""

from __future__ import annotations

import pytest

from rogatory.node.channels.commands import wish_add
from rogatory.node.channels.profile import members_of
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.node.matters.commands import add_party, agree, leave
from rogatory.node.networks.commands import announce
from rogatory.node.networks.queries import feed
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, events_of, texts, troubles, write
from tests.node.harness import World

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"
WITHIN = 30.0
"""Seconds, as for an authority that is struck off."""


def agreed(world: World, channel: bytes, *names: str) -> bool:
    """Whether these are in one epoch, with exactly themselves as members."""
    groups = [world.group(world.nodes[name], channel) for name in names]
    together = {group.epoch_authenticator for group in groups}
    return len(together) == 1 and sorted(members_of(groups[0])) == sorted(names)


def renew(world: World, name: str) -> None:
    """New keys, endorsed by the recovery key; the node starts with them."""
    world.simulator.renew_keys(name, endorsed_by="recovery key")
    world.publish()
    world.nodes[name].crash()
    world.start(name)


@pytest.mark.parametrize("connected", [True, False])
def test_a_leaf_with_compromised_keys_leaves_every_matter_and_comes_back(world_of: WorldOf, connected: bool) -> None:
    world = world_of(KE, TZ, UG)
    ug = world.nodes[UG]
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    write(ug, matter, "before")
    world.settle()
    if not connected:
        ug.disconnect("relay.one")
        write(world.nodes[TZ], matter, "not read yet")
        world.settle()
    world.simulator.mark_compromised(UG, [1], int(world.now))
    world.publish()
    world.advance(WITHIN)
    assert agreed(world, channel, KE, TZ)
    assert "kept out" in events_of(world.nodes[TZ], EventKind.PARTY_LEFT)[-1].summary
    write(world.nodes[TZ], matter, "while it was out")
    world.settle()
    renew(world, UG)
    world.advance(120)
    assert agreed(world, channel, KE, TZ, UG)
    write(ug, matter, "with new keys")
    world.advance(10)
    for name in (KE, TZ):
        assert texts(world.nodes[name], matter)[-1] == "with new keys"
    assert connected or "not read yet" in texts(ug, matter)  # what it was a member for comes again by itself
    assert "while it was out" not in texts(ug, matter)


def test_who_has_new_keys_renews_its_leaf_instead(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    matter = consult(world, KE, TZ, UG)
    world.simulator.renew_keys(UG, endorsed_by="recovery key", compromised_since=int(world.now))
    world.nodes[UG].crash()
    world.start(UG)
    world.publish()
    world.advance(WITHIN + 60)
    assert agreed(world, bytes.fromhex(matter), KE, TZ, UG)
    for name in (KE, TZ):
        assert events_of(world.nodes[name], EventKind.PARTY_LEFT) == []
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) == 3


def test_coordinators_keep_compromised_keys_out_of_networks(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    world.simulator.add_network("gljcn", coordinators=[KE], members=[TZ, UG])
    channel = world.simulator.directory().roster("gljcn").channel_id
    world.publish()
    world.advance(60)
    assert agreed(world, channel, KE, TZ, UG)
    world.nodes[UG].disconnect("relay.one")
    world.simulator.mark_compromised(UG, [1], int(world.now))
    world.publish()
    world.advance(WITHIN)
    assert agreed(world, channel, KE, TZ)
    renew(world, UG)
    world.advance(120)
    assert agreed(world, channel, KE, TZ, UG)
    world.nodes[KE].run(lambda tx: announce(tx, "gljcn", "Meeting", "In Entebbe."))
    world.settle()
    assert len(world.nodes[UG].read(lambda tx: feed(tx, "gljcn")).announcements) == 1


def test_who_left_is_added_again_by_a_new_amendment_alone(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    ke, tz, ug = world.nodes[KE], world.nodes[TZ], world.nodes[UG]
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)

    def admit() -> bytes:
        amendment = ke.run(lambda tx: add_party(tx, matter, [UG], "needed")).digest
        world.settle()
        tz.run(lambda tx: agree(tx, matter, amendment))
        world.settle()
        assert agreed(world, channel, KE, TZ, UG)
        return bytes.fromhex(amendment)

    old = admit()
    ug.run(lambda tx: leave(tx, matter))
    world.advance(30)
    assert agreed(world, channel, KE, TZ)
    ke.run(lambda tx: wish_add(tx, channel, UG, old))
    world.advance(120)
    assert agreed(world, channel, KE, TZ)
    assert troubles(ke) == [Trouble.COMMIT_REFUSED]
    admit()
    write(ug, matter, "here again")
    world.settle()
    assert texts(tz, matter)[-1] == "here again"
    # A further joiner is told of all that, and holds the same.
    tz.disconnect("relay.one")
    tz.database.close()
    tz.path.unlink()
    tz.reopen()
    world.start(TZ)
    world.advance(60)
    assert agreed(world, channel, KE, TZ, UG)
