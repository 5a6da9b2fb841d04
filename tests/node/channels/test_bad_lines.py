"""Whatever frame a line or a relay repeats or loses: no document is lost, and none counts as unreadable."""

from __future__ import annotations

from typing import Any

from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.matters.commands import open_consultation
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.client import Append, ClientFrame
from rogatory.protocol.frames.server import ClaimedPackage, Entries, Entry, ServerFrame
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, state, texts, troubles, write
from tests.node.harness import World
from tests.scenarios.simulated_relay import SimulatedRelay

KE, TZ = "ke.central", "tz.central"


class Repeating(SimulatedRelay):
    """Every frame comes twice, both ways."""

    def handle(self, authority: str, frame: ClientFrame) -> None:
        """A node's frame, twice."""
        super().handle(authority, frame)
        super().handle(authority, frame)

    def take(self, authority: str) -> list[ServerFrame]:
        """Each frame for a node, twice."""
        return [frame for frame in super().take(authority) for _ in range(2)]


class Losing(SimulatedRelay):
    """Leaves frames of one kind out, `left` of them, and the line stands."""

    kind: type = Entries
    left = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lost: list[ClientFrame | ServerFrame] = []

    def handle(self, authority: str, frame: ClientFrame) -> None:
        """A node's frame, or none."""
        if not self._loses(frame):
            super().handle(authority, frame)

    def take(self, authority: str) -> list[ServerFrame]:
        """The frames for a node that are not lost."""
        return [frame for frame in super().take(authority) if not self._loses(frame)]

    def _loses(self, frame: ClientFrame | ServerFrame) -> bool:
        if not isinstance(frame, self.kind) or self.left == 0:
            return False
        self.left -= 1
        self.lost.append(frame)
        return True


class Falsifying(SimulatedRelay):
    """Shows the last page again, with another author in it."""

    falsified = False

    def take(self, authority: str) -> list[ServerFrame]:
        """After each page the falsified one."""
        return [each for frame in super().take(authority) for each in self._twice(frame)]

    def _twice(self, frame: ServerFrame) -> list[ServerFrame]:
        if not self.falsified or not isinstance(frame, Entries):
            return [frame]
        other = [Entry(each.seq, TZ, each.form, each.time, each.body, each.body_hash) for each in frame.entries]
        return [frame, Entries(frame.channel, other, frame.head)]


class HandingOutTwice(SimulatedRelay):
    """Gives every key package to two who ask."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.again: dict[str, ClaimedPackage | None] = {}

    def hand_out(self, authority: str) -> ClaimedPackage | None:
        """The one of the last time, every other time."""
        if authority in self.again:
            return self.again.pop(authority)
        self.again[authority] = super().hand_out(authority)
        return self.again[authority]


def test_every_frame_may_come_twice(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, relay_type=Repeating)
    matter = consult(world, KE, TZ)
    for number in range(3):
        write(world.nodes[KE], matter, f"ke {number}")
        write(world.nodes[TZ], matter, f"tz {number}")
        world.settle()
    world.advance(3600)
    all_is_well(world, matter, 7)


def test_a_page_that_is_missing_is_asked_for_again(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, relay_type=Losing)
    matter = consult(world, KE, TZ)
    relay_of(world).left = 2  # what is shown to either of them
    write(world.nodes[KE], matter, "lost on its way to both")
    world.settle()
    assert texts(world.nodes[TZ], matter) == ["first"]
    write(world.nodes[KE], matter, "shows what is missing")
    world.settle()
    all_is_well(world, matter, 3)


def test_a_document_that_the_relay_drops_is_sealed_anew(world_of: WorldOf) -> None:
    """Nobody keeps the key of what later messages overtook: the same bytes, sent again, would open for nobody."""
    world = world_of(KE, TZ, relay_type=Losing)
    matter = consult(world, KE, TZ)
    relay = relay_of(world)
    relay.kind, relay.left = Append, 2
    for text in ("dropped", "dropped too", "taken"):
        write(world.nodes[KE], matter, text)
        world.settle()
    all_is_well(world, matter, 4)


def test_bytes_that_the_relay_kept_back_count_nowhere(world_of: WorldOf) -> None:
    """It shows them after all, and they were sealed anew: both members drop them, and agree on the document's place."""
    world = world_of(KE, TZ, relay_type=Losing)
    matter = consult(world, KE, TZ)
    relay = relay_of(world)
    relay.kind, relay.left = Append, 1
    write(world.nodes[KE], matter, "kept back")
    world.settle()
    write(world.nodes[KE], matter, "taken")
    world._round()
    assert isinstance(relay.lost[0], Append)
    relay.handle(KE, relay.lost[0])
    world.settle()
    assert troubles(world.nodes[TZ]) == [Trouble.UNREADABLE]
    assert sorted(texts(world.nodes[TZ], matter)) == ["first", "kept back", "taken"]
    assert texts(world.nodes[KE], matter) == texts(world.nodes[TZ], matter)


def test_a_page_shown_again_otherwise_is_a_fork(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, relay_type=Falsifying)
    matter = consult(world, KE, TZ)
    relay = world.relay
    assert isinstance(relay, Falsifying)
    relay.falsified = True
    write(world.nodes[KE], matter, "one")
    world.settle()
    assert troubles(world.nodes[TZ]) == [Trouble.FORK]
    assert state(world.nodes[TZ], bytes.fromhex(matter)) is ChannelState.HALTED
    assert texts(world.nodes[TZ], matter) == ["first", "one"]


def test_a_key_package_that_is_handed_out_twice_loses_nothing(world_of: WorldOf) -> None:
    """Its keys are gone after the first use: who was invited by them again asks to be let in, and is told all."""
    world = world_of(KE, TZ, relay_type=HandingOutTwice)
    matters = [consult(world, KE, TZ) for _ in range(2)]
    world.advance(3600)
    assert Trouble.INVITATION in troubles(world.nodes[TZ])
    for matter in matters:
        assert texts(world.nodes[TZ], matter) == ["first"]
        assert state(world.nodes[TZ], bytes.fromhex(matter)) is ChannelState.OPEN


def test_matters_opened_at_once_use_a_key_package_each(world_of: WorldOf) -> None:
    """RFC 9420 section 10: a key package is for one group."""
    world = world_of(KE, TZ)
    before = len(world.relay.packages[TZ])

    def open_three(tx: Tx) -> None:
        for number in range(3):
            open_consultation(tx, [TZ], "Vessel", f"first {number}")

    world.nodes[KE].run(open_three)
    world.settle()
    assert len(world.relay.packages[TZ]) == before - 3


def relay_of(world: World) -> Losing:
    relay = world.relay
    assert isinstance(relay, Losing)
    return relay


def all_is_well(world: World, matter: str, documents: int) -> None:
    """Both hold the same documents at the same places, and nobody was told of any trouble."""
    first, second = (texts(node, matter) for node in world.nodes.values())
    assert first == second
    assert len(first) == documents
    for node in world.nodes.values():
        assert troubles(node) == []
        assert state(node, bytes.fromhex(matter)) is ChannelState.OPEN
