"""A committer cannot tell those whom it lets in anything else than the log says (PROTOCOL.md, Judgement)."""

from __future__ import annotations

from dataclasses import replace

from rogatory.node.channels.hooks import Introduction, JudgingFacts
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.node.matters.commands import leave
from rogatory.node.registry import Registry
from rogatory.node.transaction import Tx
from rogatory.protocol.judgement import ChannelPolicy, VoidCode
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, events_of, state, texts, troubles, write
from tests.node.channels.test_rejoin_place import lose_keys
from tests.node.harness import World

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"


class Omitting(Registry):
    """Says nothing of who gave notice to leave: to its joiners, and where it judges itself."""

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        return replace(super().policy(tx, channel, facts), leavers=frozenset())

    def introduction(self, tx: Tx, channel: bytes) -> Introduction:
        return replace(super().introduction(tx, channel), notices={})


class Forging(Registry):
    """Hands its joiners another document of the channel for each notice to leave."""

    def introduction(self, tx: Tx, channel: bytes) -> Introduction:
        told = super().introduction(tx, channel)
        return replace(told, notices=dict.fromkeys(told.notices, told.charter or b""))


def begin(world: World) -> str:
    """Tanzania gave notice, Kenya and Rwanda are off, and Uganda's node answers whatever comes."""
    matter = consult(world, UG, TZ, KE, RW)
    for name in (KE, RW):
        world.nodes[name].disconnect("relay.one")
    world.nodes[UG].hooks = Omitting()
    world.nodes[UG].crash()
    world.nodes[TZ].run(lambda tx: leave(tx, matter))
    world.settle()
    world.start(UG)
    world.settle()
    lose_keys(world.nodes[RW])
    return matter


def goes_on(world: World, matter: str, *names: str) -> None:
    write(world.nodes[KE], matter, "after")
    world.settle()
    world.advance(200)
    assert {world.group(world.nodes[name], bytes.fromhex(matter)).epoch_authenticator for name in names} == {
        world.group(world.nodes[KE], bytes.fromhex(matter)).epoch_authenticator
    }
    for name in names:
        assert "after" in texts(world.nodes[name], matter)


def test_who_omits_a_notice_cannot_part_the_joiner_from_the_others(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG, RW)
    matter = begin(world)
    world.start(RW)
    world.settle()
    void = events_of(world.nodes[TZ], EventKind.COMMIT_VOID)
    assert [event.code for event in void] == [VoidCode.TOLD_DIFFERS]
    world.nodes[UG].disconnect("relay.one")
    world.start(KE)
    world.advance(200)
    assert Trouble.REJOIN in troubles(world.nodes[RW])
    goes_on(world, matter, RW)


def test_a_joiner_believes_no_notice_that_its_author_did_not_sign(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG, RW)
    matter = begin(world)
    world.nodes[UG].hooks = Forging()
    world.nodes[UG].crash()
    world.start(RW)
    world.start(UG)
    world.advance(20)
    refused = events_of(world.nodes[RW], EventKind.TROUBLE)[-1]
    assert (refused.code, "tells of a notice to leave" in refused.summary) == (Trouble.INVITATION, True)
    assert state(world.nodes[RW], bytes.fromhex(matter)) is ChannelState.REJOINING
    world.nodes[UG].disconnect("relay.one")
    world.start(KE)
    world.advance(200)
    goes_on(world, matter, RW)
