"""Commits: rival ones, void ones, those that need a newer directory, and networks as a whole."""

from __future__ import annotations

import pytest

from rogatory.node.channels import committing
from rogatory.node.channels.commands import wish_add, wish_refresh, wish_remove
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.node.networks.commands import announce
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import VoidCode
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, events_of, state, texts, troubles, write
from tests.scenarios.simulated_relay import SimulatedRelay

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"
GLJCN = [f"{code}.central" for code in ["ao", "bi", "cf", "cg", "cd", "ke", "rw", "ss", "sd", "tz", "ug", "zm"]]


def unruly(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nodes commit what the rules forbid; they still judge others' commits."""
    monkeypatch.setattr(committing, "judge", lambda work, channel, facts: None)


def test_of_rival_commits_one_wins_and_the_other_is_made_anew(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    for node in world.nodes.values():
        node.run(lambda tx: wish_refresh(tx, channel))
        write(node, matter, f"with the commit of {node.authority}")
    world.settle()
    commits = [each for each in world.relay.logs[channel].entries if each.seq > 2]
    assert len(commits) == 6
    assert world.epochs(channel) == 1
    assert world.group(world.nodes[KE], channel).epoch == 4
    assert len(texts(world.nodes[UG], matter)) == 4
    assert all(troubles(node) == [] for node in world.nodes.values())


def test_a_void_commit_is_skipped_by_all_and_the_access_list_repaired(
    world_of: WorldOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(KE, TZ, UG, RW)
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    with monkeypatch.context() as patch:
        unruly(patch)
        world.nodes[UG].run(lambda tx: wish_add(tx, channel, RW))
        world.settle()
    for name in (KE, TZ):
        voids = events_of(world.nodes[name], EventKind.COMMIT_VOID)
        assert [event.code for event in voids] == [VoidCode.NOT_A_PARTY]
    assert world.relay.logs[channel].access == [KE, TZ, UG]  # Kenya's commit declares the true one
    assert troubles(world.nodes[RW]) == [Trouble.INVITATION]
    write(world.nodes[KE], matter, "among ourselves")
    world.settle()
    assert texts(world.nodes[TZ], matter) == ["first", "among ourselves"]
    assert world.group(world.nodes[KE], channel).epoch == world.group(world.nodes[TZ], channel).epoch == 2


def test_a_party_cannot_be_thrown_out(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(KE, TZ, UG)
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    world.nodes[UG].run(lambda tx: wish_remove(tx, channel, TZ))
    world.settle()
    assert troubles(world.nodes[UG]) == [Trouble.COMMIT_REFUSED]  # its own node does not do it
    with monkeypatch.context() as patch:
        unruly(patch)
        world.nodes[UG].run(lambda tx: wish_remove(tx, channel, TZ))
        world.settle()
    world.advance(120)
    write(world.nodes[TZ], matter, "still here")
    world.settle()
    assert texts(world.nodes[KE], matter)[-1] == "still here"


class Careless(SimulatedRelay):
    """Takes entries that pin a directory which it does not mirror."""

    def is_behind(self, channel: bytes, pin: DirectoryPin) -> bool:
        """Not looked at."""
        return False


def test_a_commit_that_pins_a_newer_directory_waits_at_its_author(world_of: WorldOf) -> None:
    """Until the relay mirrors it: the others would have to wait for what perhaps never comes."""
    world = world_of(KE, TZ)
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    ke, served = world.nodes[KE], world.directory()
    world.simulator.add_authority(UG)
    ke.take(ke.core.set_directory(world.directory()))
    world.freeze(served)
    ke.run(lambda tx: wish_refresh(tx, channel))
    world.advance(60)
    assert troubles(ke) == [Trouble.DIRECTORY_BEHIND]
    assert world.relay.logs[channel].head.seq == 2
    world.thaw()
    world.publish()
    world.advance(60)
    assert world.relay.logs[channel].head.seq == 3
    assert world.epochs(channel) == 1


def test_a_commit_that_pins_a_newer_directory_is_waited_for(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, relay_type=Careless)
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    served = world.directory()
    world.simulator.add_authority(UG)
    ke.take(ke.core.set_directory(world.directory()))
    world.freeze(served)
    ke.run(lambda tx: wish_refresh(tx, channel))
    world.settle()
    write(ke, matter, "after the commit")
    world.settle()
    assert texts(tz, matter) == ["first"]
    assert world.relay.logs[channel].acknowledgements[TZ].seq == 2
    world.advance(20 * 60)
    tz.take(tz.core.tick())
    assert troubles(tz) == [Trouble.DIRECTORY_BEHIND]
    world.thaw()
    world.publish()
    world.settle()
    assert texts(tz, matter) == ["first", "after the commit"]
    assert world.relay.logs[channel].acknowledgements[TZ].seq == 4


def test_two_coordinators_found_one_channel(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    channel = world.simulator.add_network("gljcn", [KE, TZ, UG], [KE, TZ])
    for name in (KE, TZ):
        world.nodes[name].disconnect("relay.one")
    world.advance(60)
    for node in world.nodes.values():
        node.take(node.core.set_directory(world.directory()))
    world.advance(60)  # both coordinators' turns come while they see no relay
    world.start(KE, TZ)
    world.advance(120)
    assert world.epochs(channel) == 1
    assert {state(node, channel) for node in world.nodes.values()} == {ChannelState.OPEN}
    assert [entry.author for entry in world.relay.logs[channel].entries] in ([KE], [TZ])


def test_a_whole_network_joins_hears_and_grows(world_of: WorldOf) -> None:
    world = world_of(*GLJCN)
    late = "zm.central"
    world.nodes[late].disconnect("relay.one")
    channel = world.simulator.add_network("gljcn", GLJCN[:-1], [KE])
    world.publish()
    world.advance(120)
    world.nodes[KE].run(lambda tx: announce(tx, "gljcn", "Meeting", "in Kampala"))
    world.settle()
    heard = [node for node in world.nodes.values() if events_of(node, EventKind.DOCUMENT_RECEIVED)]
    assert len(heard) == 10
    assert len(world.relay.logs[channel].entries) == 2  # stored once, whatever the number of members
    world.simulator.set_seats("gljcn", members=[each for each in GLJCN if each != "ao.central"])
    world.publish()
    world.start(late)
    world.advance(120)
    assert world.relay.logs[channel].access == sorted(set(GLJCN) - {"ao.central"})
    assert state(world.nodes["ao.central"], channel) is ChannelState.CLOSED
    world.nodes[KE].run(lambda tx: announce(tx, "gljcn", "Minutes", "of Kampala"))
    world.settle()
    titles = [event.summary for event in events_of(world.nodes[late], EventKind.DOCUMENT_RECEIVED)]
    assert len(titles) == 1
    assert "Minutes" in titles[0]
    assert len(events_of(world.nodes["ao.central"], EventKind.DOCUMENT_RECEIVED)) == 1
