"""Channels that the relay names and the node holds nothing of."""

from __future__ import annotations

import pytest

from rogatory.node.channels import memberships
from rogatory.node.channels.hooks import JoinInfo, JoinRefused
from rogatory.node.channels.memberships import PAGES
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.registry import Registry
from rogatory.node.store.channels import count
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.client import FetchChannels
from rogatory.protocol.frames.server import Channels
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, state, troubles
from tests.node.harness import SimulatedNode, World
from tests.scenarios.simulated_relay import Line, SimulatedRelay

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def lose_everything(world: World, node: SimulatedNode) -> None:
    """The database is gone; the keys are not."""
    for relay in list(node.connected):
        node.disconnect(relay)
    node.database.close()
    node.path.unlink()
    node.reopen()
    world.start(node.authority)
    world.settle()


def test_every_matter_is_rejoined(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matters = [consult(world, KE, TZ) for _ in range(3)]
    tz = world.nodes[TZ]
    lose_everything(world, tz)
    world.advance(60)
    for matter in matters:
        assert state(tz, bytes.fromhex(matter)) is ChannelState.OPEN
        assert world.epochs(bytes.fromhex(matter)) == 1
    assert troubles(tz) == [Trouble.REJOIN] * 3


def test_a_coordinator_that_lost_its_state_rejoins_the_network_that_it_founded(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    channel = world.simulator.add_network("gljcn", members=[KE, TZ, UG], coordinators=[KE])
    world.publish()
    world.advance(60)
    ke = world.nodes[KE]
    assert state(ke, channel) is ChannelState.OPEN
    lose_everything(world, ke)
    world.advance(120)
    assert state(ke, channel) is ChannelState.OPEN
    assert world.epochs(channel) == 1


def test_a_waiting_invitation_is_awaited_and_no_reason_to_rejoin(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    tz.disconnect("relay.one")
    matter = consult(world, KE, TZ)
    world.start(TZ)
    world.advance(60)
    assert state(tz, bytes.fromhex(matter)) is ChannelState.OPEN
    assert troubles(tz) == []
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) == 2


def test_a_refused_invitation_is_not_taken_for_lost_state(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tanzania's registry refuses whatever it is invited to."""

    def refuse(self: Registry, tx: Tx, channel: bytes, info: JoinInfo) -> None:
        raise JoinRefused("not this one", "nothing")

    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    with monkeypatch.context() as patch:
        patch.setattr(Registry, "joined", refuse)
        matter = bytes.fromhex(consult(world, KE, TZ))
    assert state(tz, matter) is ChannelState.REFUSED
    tz.crash()
    world.start(TZ)
    world.advance(60)
    assert state(tz, matter) is ChannelState.REFUSED
    assert troubles(tz) == [Trouble.INVITATION]
    assert len(world.relay.logs[matter].entries) == 2


class InventingRelay(SimulatedRelay):
    """Names channels without end that do not exist."""

    asked = 0

    def fetch_channels(self, line: Line, frame: FetchChannels) -> None:
        self.asked += 1
        self.put(line, Channels(frame.ref, [self.asked.to_bytes(32, "big")]))


def test_a_relay_that_names_channels_without_end_is_not_asked_on(world_of: WorldOf) -> None:
    world = world_of(KE, relay_type=InventingRelay)
    assert isinstance(world.relay, InventingRelay)
    assert world.relay.asked == PAGES


class RepeatingRelay(SimulatedRelay):
    """Names the same channel again and again, and rubbish."""

    def fetch_channels(self, line: Line, frame: FetchChannels) -> None:
        self.put(line, Channels(frame.ref, [b"\x01" * 32, b"short", b"\x01" * 32]))


def test_a_channel_that_is_none_leads_to_one_vain_rejoin(world_of: WorldOf) -> None:
    world = world_of(KE, relay_type=RepeatingRelay)
    ke = world.nodes[KE]
    assert state(ke, b"\x01" * 32) is ChannelState.REJOINING
    world.advance(60)
    assert troubles(ke)[0] is Trouble.REJOIN
    assert world.relay.logs == {}


class CrowdingRelay(SimulatedRelay):
    """Names many channels that do not exist, others at each connection."""

    asked = 0

    def fetch_channels(self, line: Line, frame: FetchChannels) -> None:
        self.asked += 1
        names = [(100 * self.asked + number).to_bytes(32, "big") for number in range(10)]
        self.put(line, Channels(frame.ref, [] if frame.after else names))


def test_a_relay_that_invents_channels_has_few_of_them_kept(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memberships, "MOST", 7)
    world = world_of(KE, relay_type=CrowdingRelay)
    ke = world.nodes[KE]
    for _ in range(3):
        assert ke.read(lambda tx: count(tx.connection, ChannelState.REJOINING, "relay.one")) == 7
        ke.disconnect("relay.one")
        world.start(KE)
        world.settle()
