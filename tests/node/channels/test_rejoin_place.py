"""A rejoin counts at its place in the log alone, and as of the directory that the commit which answers it pins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.channels.profile import members_of
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.node.store.database import Database
from rogatory.node.store.rejoins import waiting_rejoins
from rogatory.protocol.frames.client import Append, Resume
from rogatory.protocol.frames.server import Code, Refused
from rogatory.protocol.header import Form
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, events_of, state, texts, troubles, write
from tests.node.channels.test_rejoin import stop
from tests.node.harness import KEY, SimulatedNode, World
from tests.scenarios.simulated_relay import Line, Log, SimulatedRelay

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def lose_keys(node: SimulatedNode) -> None:
    """The node's state of every channel is lost; it is started anew, and connected to nothing."""
    stop(node)
    with Database(node.path, KEY).begin() as connection:
        connection.execute(text("DELETE FROM group_epochs"))
    node.reopen()


def refresh(world: World, name: str, channel: bytes) -> None:
    world.nodes[name].run(lambda tx: wish_refresh(tx, channel))


def test_an_old_rejoin_that_the_relay_shows_again_lets_nobody_in(world_of: WorldOf) -> None:
    """Its author's old keys may be in the hands of whoever kept it."""
    world = world_of(KE, TZ, UG)
    tz, relay = world.nodes[TZ], world.relay
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    lose_keys(tz)
    world.start(TZ)
    world.advance(60)
    log = relay.logs[channel]
    old = next(entry for entry in log.entries if entry.form is Form.REJOIN)
    assert old.body is not None
    tz.disconnect("relay.one")
    before = len(log.entries)
    relay.store(log, TZ, Append(1, channel, log.last_commit, Form.REJOIN, old.body))
    relay.broadcast(log)
    world.advance(120)
    assert len(log.entries) == before + 1
    for name in (KE, UG):
        assert troubles(world.nodes[name]) == [Trouble.UNREADABLE]
        assert "shows it again" in events_of(world.nodes[name], EventKind.TROUBLE)[0].summary
    write(world.nodes[UG], matter, "it goes on")
    world.settle()
    assert texts(world.nodes[KE], matter)[-1] == "it goes on"


class Hurrying(SimulatedRelay):
    """Something lands just before the next rejoin; without `honest`, the rejoin is taken all the same."""

    first: Callable[[], None] | None = None
    honest = True

    def append(self, line: Line, frame: Append) -> None:
        """Let it go first."""
        if frame.form is Form.REJOIN and self.first is not None:
            first, self.first = self.first, None
            first()
        super().append(line, frame)

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """A relay that does not look at a rejoin's base."""
        refusal = super().judge(line, log, frame)
        stale = refusal is not None and refusal.code is Code.STALE_BASE and frame.form is Form.REJOIN
        return None if stale and not self.honest else refusal


def hurried(world: World, name: str, channel: bytes) -> Callable[[], None]:
    """A commit of `name` that reaches the relay just then."""

    def commit() -> None:
        refresh(world, name, channel)
        node = world.nodes[name]
        sent, node.outgoing = node.outgoing, []
        for relay, frame in sent:
            world.relays[relay].handle(name, frame)

    return commit


def test_a_rejoin_that_a_commit_overtook_is_made_anew(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG, relay_type=Hurrying)
    tz, relay = world.nodes[TZ], world.relay
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    lose_keys(tz)
    assert isinstance(relay, Hurrying)
    relay.first = hurried(world, UG, channel)
    world.start(TZ)
    world.settle()
    assert relay.first is None
    assert state(tz, channel) is ChannelState.OPEN  # at once: it had not to wait for the pause between two rejoins
    forms = [entry.form for entry in relay.logs[channel].entries]
    assert forms.count(Form.REJOIN) == 1
    sent = [frame for frame in relay.seen if isinstance(frame, Append) and frame.form is Form.REJOIN]
    assert len({frame.body for frame in sent}) == 2
    assert world.epochs(channel) == 1


def test_a_rejoin_that_the_relay_takes_behind_a_commit_is_void(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG, relay_type=Hurrying)
    tz, relay = world.nodes[TZ], world.relay
    channel = bytes.fromhex(consult(world, KE, TZ, UG))
    lose_keys(tz)
    assert isinstance(relay, Hurrying)
    relay.first, relay.honest = hurried(world, UG, channel), False
    world.start(TZ)
    world.advance(60)
    assert state(tz, channel) is ChannelState.REJOINING
    for name in (KE, UG):
        assert troubles(world.nodes[name]) == [Trouble.UNREADABLE]
        assert world.nodes[name].read(lambda tx: waiting_rejoins(tx.connection, channel)) == []


def test_who_asks_to_be_let_in_is_sent_no_entries(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    tz, relay = world.nodes[TZ], world.relay
    matter = consult(world, KE, TZ)
    lose_keys(tz)
    write(world.nodes[KE], matter, "missed")
    world.settle()
    world.nodes[KE].disconnect("relay.one")
    world.start(TZ)
    world.settle()
    resumes = [frame for frame in relay.seen if isinstance(frame, Resume)]
    assert resumes[-1].after > relay.logs[bytes.fromhex(matter)].head.seq
    assert state(tz, bytes.fromhex(matter)) is ChannelState.REJOINING
    world.start(KE)
    world.advance(60)
    assert texts(tz, matter) == ["first", "missed"]


def test_nodes_of_different_directories_judge_a_rejoin_alike(world_of: WorldOf, tmp_path: Path) -> None:
    """Tanzania asks under keys that are marked as compromised then. By the version before it may be answered."""
    world = world_of(KE, TZ, UG)
    ke, tz, ug = world.nodes[KE], world.nodes[TZ], world.nodes[UG]
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    ke.disconnect("relay.one")
    lose_keys(tz)
    served = world.directory()
    world.freeze(served)
    ug.disconnect("relay.one")
    world.start(TZ)
    world.settle()
    tz.disconnect("relay.one")
    world.simulator.mark_compromised(TZ, [1], 0)
    newer = world.simulator.directory()
    ug.take(ug.core.set_directory(newer))
    ke.connect("relay.one")
    world.settle()
    world.advance(30)  # Kenya answers as of the version that it has
    assert state(tz, channel) is ChannelState.REJOINING
    entries = world.relay.logs[channel].entries
    assert [entry.author for entry in entries][-2:] == [TZ, KE]
    ug.connect("relay.one")
    world.settle()
    write(ke, matter, "among us")
    world.settle()
    assert texts(ug, matter)[-1] == "among us"
    assert not [code for code in troubles(ug) if code is Trouble.UNREADABLE]


def test_a_rejoin_whose_keys_have_ended_as_of_the_pin_is_not_answered(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    tz = world.nodes[TZ]
    channel = bytes.fromhex(consult(world, KE, TZ, UG))
    for name in (KE, UG):
        world.nodes[name].disconnect("relay.one")
    lose_keys(tz)
    world.start(TZ)
    world.settle()
    tz.disconnect("relay.one")
    world.simulator.mark_compromised(TZ, [1], 0)
    world.start(KE, UG)
    world.advance(120)
    for name in (KE, UG):
        assert members_of(world.group(world.nodes[name], channel)) == [KE, UG]
