"""Matters between whole nodes: MLS, encrypted databases and a relay in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.node.channels.commands import wish_add
from rogatory.node.channels.hooks import JudgingFacts
from rogatory.node.inbox.events import Event, EventKind
from rogatory.node.inbox.queries import events, show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.matters.commands import add_party, agree, leave, open_consultation, reply, say, send_request, share
from rogatory.node.matters.queries import documents_in, list_amendments, show_matter
from rogatory.node.registry import Registry
from rogatory.node.transaction import Tx
from rogatory.protocol.judgement import ChannelPolicy, MatterPolicy
from tests.node.harness import SimulatedNode, World
from tests.node.letters import BANK_RECORDS

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"


class LaxRegistry(Registry):
    """Of a party who would let anybody in, once the matter stands."""

    lax = False

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        policy = super().policy(tx, channel, facts)
        assert isinstance(policy, MatterPolicy)
        return replace(policy, parties=policy.parties | {UG}) if self.lax else policy


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path, [KE, TZ, UG, RW])
    opened.start(KE, TZ, UG, RW)
    opened.settle()
    yield opened
    opened.close()


def told(node: SimulatedNode, kind: EventKind) -> list[Event]:
    return [event for event in node.read(events) if event.kind is kind]


def test_a_request_its_receipt_and_its_reply(world: World) -> None:
    ke, tz = world.nodes[KE], world.nodes[TZ]
    sent = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    world.settle()
    assert tz.read(lambda tx: show_matter(tx, sent.matter)).state == "received"
    request = ke.read(lambda tx: show_document(tx, sent.document))
    assert request.stage is Stage.DELIVERED
    assert request.receipt is not None
    assert request.deliveries[0].acknowledged_at is not None
    receipt = next(d for d in ke.read(lambda tx: documents_in(tx, sent.matter)) if d.kind == "receipt")
    assert receipt.body["head"] == request.receipt.head
    assert receipt.body["document"] == {"id": request.id, "digest": request.digest}
    tz.run(lambda tx: reply(tx, sent.matter, {"outcome": "executed", "text": "Annexed."}))
    world.settle()
    views = [node.read(lambda tx: show_matter(tx, sent.matter)) for node in (ke, tz)]
    assert [view.state for view in views] == ["executed", "executed"]
    assert [d.id for d in views[0].documents] == [d.id for d in views[1].documents]
    assert told(ke, EventKind.TROUBLE) == told(tz, EventKind.TROUBLE) == []


def test_a_request_to_a_node_that_is_down_arrives_when_it_comes_up(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ])
    world.start(KE, TZ)
    world.settle()
    ke, tz = world.nodes[KE], world.nodes[TZ]
    tz.crash()
    sent = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    world.settle()
    assert ke.read(lambda tx: show_document(tx, sent.document)).stage is Stage.ACCEPTED
    world.start(TZ)
    world.settle()
    assert tz.read(lambda tx: show_matter(tx, sent.matter)).state == "received"
    assert ke.read(lambda tx: show_document(tx, sent.document)).stage is Stage.DELIVERED
    world.close()


def test_a_third_authority_comes_in_half_way(world: World) -> None:
    ke, tz, ug = world.nodes[KE], world.nodes[TZ], world.nodes[UG]
    sent = ke.run(lambda tx: open_consultation(tx, [TZ], "A vessel", "May we speak of it?"))
    world.settle()
    tz.run(lambda tx: say(tx, sent.matter, "Yes.", in_reply_to=sent.document))
    view = ke.run(lambda tx: add_party(tx, sent.matter, [UG], "it went on by road"))
    world.settle()
    assert len(tz.read(lambda tx: list_amendments(tx, waiting=True))) == 1
    tz.run(lambda tx: agree(tx, sent.matter, view.digest))
    world.settle()
    for node in (ke, tz, ug):
        assert node.read(lambda tx: show_matter(tx, sent.matter)).members == [KE, TZ, UG]
    assert {d.kind for d in ug.read(lambda tx: documents_in(tx, sent.matter))} == {"charter", "amendment"}
    ug.run(lambda tx: say(tx, sent.matter, "We are here."))
    tz.run(lambda tx: share(tx, sent.matter, [sent.document]))
    world.settle()
    said = [d.body["text"] for d in ug.read(lambda tx: documents_in(tx, sent.matter)) if d.kind == "consultation"]
    assert said == ["May we speak of it?", "We are here."]
    assert ug.read(lambda tx: show_document(tx, sent.document)).stage is Stage.SHARED
    again = ug.run(lambda tx: add_party(tx, sent.matter, [RW], "and on"))
    world.settle()
    for node in (ke, tz):
        node.run(lambda tx: agree(tx, sent.matter, again.digest))
    world.settle()
    rwanda = world.nodes[RW].read(lambda tx: show_matter(tx, sent.matter))
    assert rwanda.members == [KE, RW, TZ, UG]
    assert [amendment.effective for amendment in rwanda.amendments] == [True, True]
    for node in world.nodes.values():
        assert told(node, EventKind.TROUBLE) == told(node, EventKind.COMMIT_VOID) == []


def test_an_addition_that_not_every_party_signed_is_void(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ, UG])
    registry = LaxRegistry()
    world.nodes[KE] = SimulatedNode(world, KE, registry)
    world.start(KE, TZ, UG)
    world.settle()
    ke, tz, ug = world.nodes[KE], world.nodes[TZ], world.nodes[UG]
    sent = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    world.settle()
    registry.lax = True
    ke.run(lambda tx: wish_add(tx, bytes.fromhex(sent.matter), UG))
    world.settle()
    void = told(tz, EventKind.COMMIT_VOID)
    assert [event.code for event in void] == ["not_a_party"]
    assert void[0].author == KE
    assert tz.read(lambda tx: show_matter(tx, sent.matter)).members == [KE, TZ]
    assert "charter" in told(ug, EventKind.TROUBLE)[0].summary
    world.close()


def test_a_party_leaves(world: World) -> None:
    ke, tz, ug = world.nodes[KE], world.nodes[TZ], world.nodes[UG]
    sent = ke.run(lambda tx: open_consultation(tx, [TZ, UG], "A vessel", "May we speak of it?"))
    world.settle()
    ug.run(lambda tx: leave(tx, sent.matter, "not ours"))
    world.advance(600)
    for node in (ke, tz):
        assert node.read(lambda tx: show_matter(tx, sent.matter)).members == [KE, TZ]
        assert told(node, EventKind.PARTY_LEFT)
    assert ug.read(lambda tx: show_matter(tx, sent.matter)).trouble is not None
    tz.run(lambda tx: say(tx, sent.matter, "The two of us, then."))
    world.settle()
    texts = [d.body["text"] for d in ug.read(lambda tx: documents_in(tx, sent.matter)) if d.kind == "consultation"]
    assert texts == ["May we speak of it?"]


def test_a_party_struck_off_is_removed(world: World) -> None:
    ke, tz = world.nodes[KE], world.nodes[TZ]
    sent = ke.run(lambda tx: open_consultation(tx, [TZ, UG], "A vessel", "May we speak of it?"))
    world.settle()
    world.simulator.strike_off(UG)
    world.publish()
    world.advance(600)
    for node in (ke, tz):
        assert node.read(lambda tx: show_matter(tx, sent.matter)).members == [KE, TZ]


def test_commands_survive_a_crash_and_take_effect_once(world: World) -> None:
    ke, tz = world.nodes[KE], world.nodes[TZ]
    sent = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    for node in (ke, tz, ke):
        node.crash()
        world.start(KE, TZ)
        world.relay.take(node.authority)
        world.settle()
    for node in (ke, tz):
        node.crash()
    world.start(KE, TZ)
    world.settle()
    documents = [d.kind for d in tz.read(lambda tx: documents_in(tx, sent.matter))]
    assert documents == ["charter", "request", "receipt"]
    assert tz.read(lambda tx: show_matter(tx, sent.matter)).state == "received"
