"""Networks between whole nodes: MLS, encrypted databases and a relay in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rogatory.node.channels.commands import wish_add, wish_remove
from rogatory.node.channels.hooks import JudgingFacts
from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.inbox.queries import events, show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import send, sign
from rogatory.node.networks.alignment import TURN
from rogatory.node.networks.commands import announce
from rogatory.node.networks.queries import feed, show_network
from rogatory.node.registry import Registry
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement, Wording
from rogatory.protocol.frames.client import Append
from rogatory.protocol.frames.server import Code, Refused
from rogatory.protocol.judgement import ChannelPolicy, NetworkPolicy, RosterView
from tests.node.harness import SimulatedNode, World
from tests.scenarios.simulated_relay import Line, Log, SimulatedRelay

KE, TZ, UG, COURT, STRANGER = "ke.central", "tz.central", "ug.central", "xe.court", "rw.central"


class LaxRegistry(Registry):
    """Of a member whose node believes that everybody coordinates the network and belongs to it."""

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        policy = super().policy(tx, channel, facts)
        assert isinstance(policy, NetworkPolicy)
        everybody = frozenset({KE, TZ, UG, COURT, STRANGER})
        seats = RosterView(everybody, everybody)
        return replace(policy, ended=lambda *_: True, roster=lambda version: seats)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path, [KE, TZ, UG, COURT])
    opened.simulator.add_network("gljcn", [TZ, UG], [KE, TZ], [COURT])
    yield opened
    opened.close()


def told(node: SimulatedNode, kind: EventKind) -> list[Event]:
    return [event for event in node.read(events) if event.kind is kind]


def titles(node: SimulatedNode) -> list[str]:
    return [shown.title for shown in node.read(lambda tx: feed(tx, "gljcn")).announcements]


def test_a_network_opens_by_itself_and_an_announcement_reaches_all(world: World) -> None:
    world.start(UG, COURT, TZ, KE)
    world.advance(10 * TURN)
    for node in world.nodes.values():
        view = node.read(lambda tx: show_network(tx, "gljcn"))
        assert view.joined
        assert view.present == [KE, TZ, UG, COURT]
    sent = world.nodes[KE].run(lambda tx: announce(tx, "gljcn", "Plenary", "In May."))
    world.settle()
    for node in world.nodes.values():
        assert titles(node) == ["Plenary"]
        assert told(node, EventKind.TROUBLE) == told(node, EventKind.COMMIT_VOID) == []
    assert world.nodes[KE].read(lambda tx: show_document(tx, sent.document)).stage is Stage.DELIVERED


def test_members_who_come_up_later_are_added(world: World) -> None:
    world.start(KE)
    world.settle()
    world.start(TZ, UG)
    world.advance(900)
    assert world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, UG]
    world.start(COURT)
    world.advance(900)
    assert world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, UG, COURT]


def test_the_second_coordinator_opens_the_network_when_the_first_is_down(world: World) -> None:
    world.start(TZ, UG)
    world.settle()
    assert not world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).joined
    world.advance(2 * TURN)
    assert world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).present == [TZ, UG]
    world.start(KE)
    world.advance(900)
    assert world.nodes[KE].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, UG]


class Noting(SimulatedRelay):
    """Notes whose appends came second."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.second: list[str] = []

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """As ever."""
        refused = super().judge(line, log, frame)
        if refused is not None and refused.code is Code.STALE_BASE:
            self.second.append(line.authority)
        return refused


def test_two_coordinators_at_once(tmp_path: Path) -> None:
    """Both see the same roster, both are late, both commit at the same moment: the log's order settles it."""
    world = World(tmp_path, [KE, TZ, UG, COURT], relay_type=Noting)
    world.simulator.add_network("gljcn", [TZ, UG], [KE, TZ], [COURT])
    world.start(TZ, UG, KE)
    world.advance(10 * TURN)
    channel = world.simulator.directory().roster("gljcn").channel_id
    coordinators = [world.nodes[name] for name in (KE, TZ)]
    for node in coordinators:
        node.disconnect("relay.one")
    world.start(COURT)
    world.simulator.set_seats("gljcn", members=[TZ])
    for node in coordinators:
        node.take(node.core.set_directory(world.directory()))
    world.advance(3 * TURN)
    before = len(world.relay.logs[channel].entries)
    world.start(KE, TZ)
    world.advance(10 * TURN)
    new = [entry.author for entry in world.relay.logs[channel].entries[before:]]
    assert isinstance(world.relay, Noting)
    assert {*new, *world.relay.second} == {KE, TZ}, "both committed"
    assert len(set(new)) == 1, "one came first, and the other found nothing left to do"
    assert len(new) + len(world.relay.second) <= 4, "a removal, an addition, and each refused once at most"
    for name in (KE, TZ, COURT):
        node = world.nodes[name]
        assert node.read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, COURT]
        assert told(node, EventKind.COMMIT_VOID) == []
    world.close()


def test_the_channel_follows_the_roster(world: World) -> None:
    world.start(TZ, UG, COURT, KE)
    world.advance(10 * TURN)
    world.simulator.set_seats("gljcn", members=[TZ], observers=[])
    world.publish()
    world.advance(600)
    assert world.nodes[TZ].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ]
    assert not world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).joined
    world.nodes[KE].run(lambda tx: announce(tx, "gljcn", "Closed meeting", "Members only."))
    world.settle()
    assert titles(world.nodes[UG]) == []
    world.simulator.set_seats("gljcn", members=[TZ, UG])
    world.publish()
    world.advance(600)
    assert world.nodes[UG].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, UG]


@pytest.mark.parametrize("away", [None, KE])
def test_who_is_struck_off_leaves_at_once_whatever_the_roster_says(world: World, away: str | None) -> None:
    world.start(TZ, UG, COURT, KE)
    world.advance(10 * TURN)
    channel = world.simulator.directory().roster("gljcn").channel_id
    if away is not None:
        world.nodes[away].disconnect("relay.one")
    world.simulator.strike_off(UG)
    world.publish()
    world.advance(30)
    assert world.nodes[TZ].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, COURT]
    if away is not None:
        world.start(away)
        world.settle()
    assert world.relay.logs[channel].access == [KE, TZ, COURT]
    for name in (KE, TZ, COURT):
        assert world.nodes[name].read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, COURT]
        assert told(world.nodes[name], EventKind.COMMIT_VOID) == []


@pytest.mark.parametrize(("author", "code"), [(COURT, "observer_writes"), (UG, "may_not_announce")])
def test_an_announcement_of_somebody_who_may_not_is_void_for_all(world: World, author: str, code: str) -> None:
    world.start(TZ, UG, COURT, KE)
    world.advance(10 * TURN)
    channel = world.directory().roster("gljcn").channel_id
    body = Announcement(network="gljcn", wordings=(Wording(language="en", title="Coup", text="By me."),))
    world.nodes[author].run(lambda tx: send(tx, sign(tx, channel, body)))
    world.settle()
    for name, node in world.nodes.items():
        if name != author:
            assert titles(node) == []
            assert [event.code for event in told(node, EventKind.DOCUMENT_VOID)] == [code]


def add_stranger(tx: Tx, channel: bytes) -> None:
    wish_add(tx, channel, STRANGER)


def remove_uganda(tx: Tx, channel: bytes) -> None:
    wish_remove(tx, channel, UG)


def remove_tanzania(tx: Tx, channel: bytes) -> None:
    wish_remove(tx, channel, TZ)


@pytest.mark.parametrize(
    ("committer", "act", "code"),
    [
        (KE, add_stranger, "not_on_roster"),
        (KE, remove_uganda, "still_on_roster"),
        (UG, add_stranger, "not_coordinator"),
        (UG, remove_tanzania, "not_coordinator"),
        (COURT, add_stranger, "observer_changes"),
        (COURT, remove_uganda, "observer_changes"),
    ],
)
def test_a_change_of_members_that_the_roster_does_not_warrant_is_void_for_all(
    tmp_path: Path, committer: str, act: Callable[[Tx, bytes], None], code: str
) -> None:
    world = World(tmp_path, [KE, TZ, UG, COURT, STRANGER])
    channel = world.simulator.add_network("gljcn", [TZ, UG], [KE, TZ], [COURT])
    world.nodes[committer] = SimulatedNode(world, committer, LaxRegistry())
    world.start(KE, TZ, UG, COURT, STRANGER)
    world.advance(10 * TURN)
    world.nodes[committer].run(lambda tx: act(tx, channel))
    world.settle()
    honest = {name: node for name, node in world.nodes.items() if name not in (committer, STRANGER)}
    for node in honest.values():
        void = told(node, EventKind.COMMIT_VOID)
        assert void[0].code == code
        assert {event.author for event in void} == {committer}  # alone in an epoch of its own, it may go on
        assert node.read(lambda tx: show_network(tx, "gljcn")).present == [KE, TZ, UG, COURT]
    assert len({world.group(node, channel).epoch_authenticator for node in honest.values()}) == 1
    assert not world.nodes[STRANGER].read(lambda tx: show_network(tx, "gljcn")).joined
    world.nodes[TZ].run(lambda tx: announce(tx, "gljcn", "Plenary", "In May."))
    world.settle()
    for node in honest.values():
        assert titles(node) == ["Plenary"]
    world.close()


def test_who_was_removed_is_let_in_again_by_a_coordinator_alone(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, UG, STRANGER])
    channel = world.simulator.add_network("gljcn", [UG, STRANGER], [KE])
    world.nodes[UG] = SimulatedNode(world, UG, LaxRegistry())
    world.start(KE, UG, STRANGER)
    world.advance(10 * TURN)
    world.simulator.set_seats("gljcn", members=[UG])
    world.publish()
    world.advance(600)
    removed = world.nodes[STRANGER]
    assert not removed.read(lambda tx: show_network(tx, "gljcn")).joined
    world.nodes[KE].disconnect("relay.one")
    world.simulator.set_seats("gljcn", members=[UG, STRANGER])
    world.publish()
    world.settle()
    world.nodes[UG].run(lambda tx: wish_add(tx, channel, STRANGER))
    world.settle()
    refused = told(removed, EventKind.TROUBLE)[-1]
    assert "does not coordinate" in refused.summary
    assert not removed.read(lambda tx: show_network(tx, "gljcn")).joined
    world.start(KE)
    world.advance(600)
    assert removed.read(lambda tx: show_network(tx, "gljcn")).joined
    world.close()
