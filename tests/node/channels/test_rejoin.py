"""A member whose state is lost, rolled back or too old is let in again without a person."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from rogatory.node.channels.commands import rejoin, wish_refresh
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.store.database import Database
from rogatory.protocol.frames.client import Append
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, state, texts, troubles, write
from tests.node.harness import KEY, SimulatedNode, World
from tests.scenarios.simulated_relay import Line, SimulatedRelay

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def stop(node: SimulatedNode) -> None:
    """The node goes off, its database closed."""
    for relay in list(node.connected):
        node.disconnect(relay)
    node.database.close()


def set_back(world: World, node: SimulatedNode, copy: Path) -> None:
    """Put an older copy of the database back and start again."""
    stop(node)
    shutil.copy(copy, node.path)
    node.reopen()
    world.start(node.authority)


def take_copy(world: World, node: SimulatedNode, copy: Path) -> None:
    """Copy the database while the node is off."""
    stop(node)
    shutil.copy(node.path, copy)
    node.reopen()
    world.start(node.authority)
    world.settle()


def test_a_database_set_back_is_noticed_by_an_own_entry_and_rejoins(world_of: WorldOf, tmp_path: Path) -> None:
    world = world_of(KE, TZ, UG)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ, UG)
    take_copy(world, tz, tmp_path / "copy")
    write(tz, matter, "said before the copy was put back")
    world.settle()
    for node in (tz, world.nodes[UG]):
        for relay in list(node.connected):
            node.disconnect(relay)
    write(world.nodes[KE], matter, "missed")
    world.settle()
    set_back(world, tz, tmp_path / "copy")
    write(tz, matter, "said after")
    world.settle()
    world.start(UG)
    world.advance(60)
    assert troubles(tz) == [Trouble.ROLLED_BACK_STATE]
    assert texts(tz, matter) == ["first", "missed", "said after"]
    for name in (KE, UG):
        assert texts(world.nodes[name], matter) == [
            "first",
            "said before the copy was put back",
            "missed",
            "said after",
        ]
    assert world.epochs(bytes.fromhex(matter)) == 1


def test_lost_keys_lead_to_a_rejoin_and_unacknowledged_documents_come_again(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ, UG)
    for relay in list(tz.connected):
        tz.disconnect(relay)
    for name in (KE, UG):
        write(world.nodes[name], matter, f"from {name}")
    world.settle()
    stop(tz)
    with Database(tz.path, KEY).begin() as connection:
        connection.execute(text("UPDATE group_epochs SET state = x'00'"))
    tz.reopen()
    world.start(TZ)
    world.advance(60)
    assert sorted(texts(tz, matter)) == ["first", "from ke.central", "from ug.central"]
    assert troubles(tz) == [Trouble.REJOIN]
    write(tz, matter, "here again")
    world.settle()
    assert texts(world.nodes[UG], matter)[-1] == "here again"
    assert world.epochs(bytes.fromhex(matter)) == 1


def test_everything_lost_but_the_identity(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ)
    stop(tz)
    tz.path.unlink()
    tz.reopen()
    write(world.nodes[KE], matter, "while it was gone")
    world.settle()
    world.start(TZ)
    world.advance(60)
    assert state(tz, bytes.fromhex(matter)) is ChannelState.OPEN
    assert texts(tz, matter) == ["while it was gone"]


def test_the_lowest_leaf_that_is_there_answers(world_of: WorldOf) -> None:
    """Kenya holds the lowest leaf and is off: Uganda answers in its turn, and Kenya has nothing left to do."""
    world = world_of(KE, TZ, UG)
    tz, ke = world.nodes[TZ], world.nodes[KE]
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    ke.disconnect("relay.one")
    stop(tz)
    with Database(tz.path, KEY).begin() as connection:
        connection.execute(text("DELETE FROM group_messages"))
    tz.reopen()
    world.start(TZ)
    world.settle()
    assert state(tz, channel) is ChannelState.REJOINING
    world.advance(60)
    assert state(tz, channel) is ChannelState.OPEN
    assert [entry.author for entry in world.relay.logs[channel].entries][-2:] == [TZ, UG]
    world.start(KE)
    world.advance(60)
    assert world.epochs(channel) == 1
    assert len(world.relay.logs[channel].entries) == 4


def test_away_for_longer_than_bodies_are_kept(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ, UG)
    tz.disconnect("relay.one")
    for number in range(3):
        write(world.nodes[KE], matter, f"old {number}")
        world.nodes[UG].run(lambda tx: wish_refresh(tx, bytes.fromhex(matter)))
        world.settle()
    for entry in world.relay.logs[bytes.fromhex(matter)].entries:
        entry.body = None
    world.start(TZ)
    world.advance(60)
    assert troubles(tz) == [Trouble.REJOIN]
    assert texts(tz, matter) == ["first", "old 0", "old 1", "old 2"]
    assert world.epochs(bytes.fromhex(matter)) == 1


def test_a_rejoin_under_keys_that_only_a_newer_directory_has(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    served = world.directory()
    world.simulator.renew_keys(TZ)
    newer = world.directory()
    stop(tz)
    with Database(tz.path, KEY).begin() as connection:
        connection.execute(text("DELETE FROM group_epochs"))
    tz.reopen()
    tz.take(tz.core.set_directory(newer))
    tz.connect("relay.one")
    world.freeze(served)
    world.settle()
    world.advance(300)
    assert state(tz, channel) is ChannelState.REJOINING
    world.thaw()
    world.publish()
    world.settle()
    assert state(tz, channel) is ChannelState.OPEN
    write(world.nodes[KE], matter, "welcome back")
    world.settle()
    assert texts(tz, matter)[-1] == "welcome back"


def test_a_person_lets_a_halted_channel_go_on(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz = world.nodes[TZ]
    matter = consult(world, KE, TZ)
    channel = bytes.fromhex(matter)
    tz.disconnect("relay.one")
    lost = world.relay.logs[channel].entries.pop()
    world.start(TZ)
    world.settle()
    assert state(tz, channel) is ChannelState.HALTED
    tz.disconnect("relay.one")
    world.relay.logs[channel].entries.append(lost)  # the operator has restored the log
    tz.run(lambda tx: rejoin(tx, channel, "relay.one"))
    world.start(TZ)
    world.advance(60)
    assert state(tz, channel) is ChannelState.OPEN
    write(tz, matter, "compared by telephone")
    world.settle()
    assert texts(world.nodes[KE], matter) == ["first", "compared by telephone"]


class Overtaken(SimulatedRelay):
    """Something arrives just before the next commit with an invitation."""

    first: Callable[[], None] | None = None

    def append(self, line: Line, frame: Append) -> None:
        """Let it go first."""
        if frame.invitation is not None and self.first is not None:
            first, self.first = self.first, None
            first()
        super().append(line, frame)


def test_an_invitation_that_a_document_overtook_is_made_anew(world_of: WorldOf) -> None:
    """Else its joiner would not know what the others judge by (PROTOCOL.md, The log, rule 3)."""
    world = world_of(KE, TZ, UG, relay_type=Overtaken)
    tz, ug, relay = world.nodes[TZ], world.nodes[UG], world.relay
    matter = consult(world, KE, TZ, UG)
    stop(tz)
    tz.path.unlink()
    tz.reopen()

    def overtake() -> None:
        write(ug, matter, "overtaking")
        sent, ug.outgoing = ug.outgoing, []
        for _, frame in sent:
            relay.handle(UG, frame)

    assert isinstance(relay, Overtaken)
    relay.first = overtake
    world.start(TZ)
    world.advance(60)
    assert relay.first is None
    write(world.nodes[KE], matter, "after")
    world.settle()
    assert state(tz, bytes.fromhex(matter)) is ChannelState.OPEN
    assert texts(tz, matter)[-1] == "after"
    assert texts(ug, matter) == ["first", "overtaking", "after"]
    assert world.epochs(bytes.fromhex(matter)) == 1
    assert troubles(world.nodes[KE]) == []
