"""Closed matters between whole nodes: what the log decides, and that the keys are gone from the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.node.channels import commands as channels
from rogatory.node.channels.states import ChannelState
from rogatory.node.errors import Conflict, NotAllowed
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import add_party, close, leave, open_consultation, say
from rogatory.node.matters.queries import list_matters, show_matter
from rogatory.node.matters.views import MatterView
from rogatory.node.registry import Registry
from rogatory.node.store import groups, key_packages
from rogatory.node.store.groups import Role
from rogatory.protocol.documents import Closing
from tests.node.channels.looking import consult, events_of, state, texts, troubles, write
from tests.node.harness import KEY, SimulatedNode, World
from tests.node.pages import pages, secrets_of

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"
DAY = 24 * 3600.0
TERM = 7 * DAY


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path, [KE, TZ, UG])
    opened.start(KE, TZ, UG)
    opened.settle()
    yield opened
    opened.close()


def on_disk(node: SimulatedNode, secrets: set[bytes]) -> set[bytes]:
    """Which of these stand anywhere in a node's database file or its log."""
    readable = pages(node.path, KEY)
    assert node.authority.encode() in readable  # the pages were decrypted
    return {secret for secret in secrets if secret in readable}


def has_keys(node: SimulatedNode, matter: str) -> bool:
    """Whether any table holds keys of the matter's channel."""
    channel = bytes.fromhex(matter)

    def look(tx: object) -> bool:
        connection = tx.connection  # type: ignore[attr-defined]
        held = [groups.get(connection, channel, role) for role in Role]
        return any(held) or bool(key_packages.for_channel(connection, channel))

    return node.read(look)


def view(node: SimulatedNode, matter: str) -> MatterView:
    return node.read(lambda tx: show_matter(tx, matter))


def copy_of_disk(node: SimulatedNode) -> Path:
    """The node's database as it is now, put aside."""
    kept = node.path.with_suffix(".kept")
    node.crash()
    shutil.copyfile(node.path, kept)
    return kept


def put_back(node: SimulatedNode, kept: Path) -> None:
    """An old copy takes the database's place."""
    node.crash()
    node.database.close()
    for path in node.path.parent.glob(f"{node.path.name}*"):
        path.unlink()
    shutil.copyfile(kept, node.path)
    node.reopen()


def test_a_closed_matter_loses_its_keys_everywhere_and_keeps_its_documents(world: World) -> None:
    nodes = list(world.nodes.values())
    ke, tz, _ = nodes
    matter = consult(world, KE, TZ, UG)
    write(tz, matter, "second")
    world.settle()
    secrets = {node.authority: secrets_of(world.group(node, bytes.fromhex(matter))) for node in nodes}
    assert all(on_disk(node, secrets[node.authority]) == secrets[node.authority] for node in nodes)

    sent = ke.run(lambda tx: close(tx, matter, "Everything asked for has come."))
    world.settle()
    for node in nodes:
        closed = view(node, matter).closed
        assert closed is not None
        assert closed.by == KE
        assert closed.keys_gone_at is not None
        assert view(node, matter).trouble is None
        assert texts(node, matter) == ["first", "second"]
        assert len(events_of(node, EventKind.MATTER_CLOSED)) == len(events_of(node, EventKind.KEYS_DESTROYED)) == 1
        assert not has_keys(node, matter)
        assert on_disk(node, secrets[node.authority]) == set()
        assert state(node, bytes.fromhex(matter)) is ChannelState.CLOSED
        assert [line.closed for line in node.read(list_matters)] == [True]
        assert troubles(node) == []
    delivered = ke.read(lambda tx: show_document(tx, sent.document))
    assert delivered.stage is Stage.DELIVERED
    assert tz.read(lambda tx: show_document(tx, sent.document)).title.endswith("Everything asked for has come.")


def test_a_closed_matter_takes_nothing_more(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    ke.run(lambda tx: close(tx, matter))
    for attempt in (lambda tx: say(tx, matter, "late"), lambda tx: close(tx, matter)):
        with pytest.raises(Conflict, match="on its way"):
            ke.run(attempt)
    world.settle()
    place = view(ke, matter).closed
    assert place is not None
    for node in (ke, tz):
        with pytest.raises(Conflict, match=f"closed at entry {place.seq}"):
            node.run(lambda tx: say(tx, matter, "late"))
        with pytest.raises(Conflict, match="closed"):
            node.run(lambda tx: leave(tx, matter))
        with pytest.raises(Conflict, match="closed"):
            node.run(lambda tx: add_party(tx, matter, [UG], "needed"))
    with pytest.raises(Conflict, match="already"):
        ke.run(lambda tx: close(tx, matter))
    entries = len(world.relay.logs[bytes.fromhex(matter)].entries)
    world.advance(40 * DAY)  # no key is renewed, nobody removed
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) == entries


def test_only_who_founded_the_matter_closes_it(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    with pytest.raises(NotAllowed, match=KE):
        tz.run(lambda tx: close(tx, matter))
    channel = bytes.fromhex(matter)
    forged = tz.run(lambda tx: sign(tx, channel, Closing()))
    tz.run(lambda tx: channels.enqueue(tx, channel, forged.envelope, forged.payload.message_id))
    world.settle()
    for node in (ke, ug):
        assert [event.code for event in events_of(node, EventKind.DOCUMENT_VOID)] == ["not_founder"]
    write(ke, matter, "it goes on")
    world.settle()
    for node in (ke, tz, ug):
        assert view(node, matter).closed is None
        assert texts(node, matter) == ["first", "it goes on"]


def test_a_second_closing_is_void(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    channel = bytes.fromhex(matter)
    ug.disconnect("relay.one")  # ke holds its keys until ug has read
    for _ in range(2):
        closing = ke.run(lambda tx: sign(tx, channel, Closing()))
        ke.run(lambda tx: channels.enqueue(tx, channel, closing.envelope, closing.payload.message_id))  # noqa: B023
    world.settle()
    assert len(events_of(tz, EventKind.MATTER_CLOSED)) == 1
    world.start(UG)
    world.settle()
    assert len(events_of(ug, EventKind.MATTER_CLOSED)) == 1
    assert not has_keys(ke, matter)


def test_what_crosses_the_closing_is_not_delivered_and_its_author_is_told(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    write(tz, matter, "in time")
    world.settle()
    ke.run(lambda tx: close(tx, matter))
    late = tz.run(lambda tx: say(tx, matter, "crossed"))  # sealed and sent before the closing is read
    world.settle()
    closed = view(tz, matter).closed
    assert closed is not None
    reason = f"not delivered: the matter was closed at entry {closed.seq}"
    shown = tz.read(lambda tx: show_document(tx, late.document))
    assert (shown.stage, shown.void) == (Stage.VOID, reason)
    (event,) = events_of(tz, EventKind.DOCUMENT_VOID)
    assert (event.code, event.document) == ("closed", late.document)
    assert "not delivered" in event.summary
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) > closed.seq
    assert [event.code for event in events_of(ke, EventKind.DOCUMENT_VOID)] == ["closed"]
    assert texts(ug, matter) == ["first", "in time"]
    for node in world.nodes.values():
        assert not has_keys(node, matter)
        assert state(node, bytes.fromhex(matter)) is ChannelState.CLOSED
        assert troubles(node) == []


def test_what_waited_at_a_node_that_was_off_is_not_delivered(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    tz.disconnect("relay.one")
    late = tz.run(lambda tx: say(tx, matter, "too late"))
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    assert has_keys(ke, matter)  # tz has not read it
    world.start(TZ)
    world.settle()
    assert tz.read(lambda tx: show_document(tx, late.document)).stage is Stage.VOID
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) == view(ke, matter).closed.seq  # type: ignore[union-attr]
    assert not has_keys(ke, matter)
    assert not has_keys(tz, matter)


def test_the_founder_keeps_its_keys_for_the_term_and_no_longer(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    secrets = secrets_of(world.group(ke, bytes.fromhex(matter)))
    ug.disconnect("relay.one")
    ke.run(lambda tx: close(tx, matter))
    world.advance(TERM - DAY)
    assert has_keys(ke, matter)
    assert not has_keys(tz, matter)
    world.advance(2 * DAY)
    assert not has_keys(ke, matter)
    assert on_disk(ke, secrets) == set()
    assert state(tz, bytes.fromhex(matter)) is state(ke, bytes.fromhex(matter)) is ChannelState.CLOSED
    world.start(UG)  # its own state is whole: the log tells it
    world.settle()
    assert view(ug, matter).closed is not None
    assert not has_keys(ug, matter)


def test_the_term_is_what_was_set(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ], hooks=lambda: Registry(close_term=DAY))
    world.start(KE, TZ)
    world.settle()
    matter = consult(world, KE, TZ)
    world.nodes[TZ].disconnect("relay.one")
    world.nodes[KE].run(lambda tx: close(tx, matter))
    world.advance(1.1 * DAY)
    assert not has_keys(world.nodes[KE], matter)
    world.close()


def test_a_member_that_lost_its_state_is_told_within_the_term(world: World) -> None:
    """An old copy of its disk: another member has not read the closing yet, so the founder can still let it in."""
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    kept = copy_of_disk(tz)
    world.start(TZ)
    write(tz, matter, "after the copy")
    world.settle()
    ug.disconnect("relay.one")
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    assert view(tz, matter).closed is not None
    put_back(tz, kept)
    late = tz.run(lambda tx: say(tx, matter, "knows nothing of it"))
    world.start(TZ)
    world.settle()
    world.advance(600)
    closed = view(tz, matter).closed
    assert closed is not None
    assert closed.seq == view(ke, matter).closed.seq  # type: ignore[union-attr]
    assert tz.read(lambda tx: show_document(tx, late.document)).void == (
        f"not delivered: the matter was closed at entry {closed.seq}"
    )
    assert not has_keys(tz, matter)
    world.start(UG)
    world.settle()
    assert view(ug, matter).closed is not None
    for node in world.nodes.values():
        assert not has_keys(node, matter)
        assert state(node, bytes.fromhex(matter)) is ChannelState.CLOSED
    assert "after the copy" not in texts(tz, matter)


def test_after_the_term_a_lost_state_stays_lost_and_the_officer_is_told_why(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    kept = copy_of_disk(tz)
    world.start(TZ)
    write(tz, matter, "after the copy")
    world.settle()
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    put_back(tz, kept)
    world.start(TZ)
    world.advance(8 * DAY)
    assert state(tz, bytes.fromhex(matter)) is ChannelState.REJOINING
    trouble = view(tz, matter).trouble
    assert trouble is not None
    assert "perhaps the matter was closed" in trouble
    assert KE in trouble
    assert not has_keys(ke, matter)
    assert texts(tz, matter) == ["first"]


def test_an_acknowledgement_that_was_lost_on_the_way_is_sent_again(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    ke.run(lambda tx: close(tx, matter))
    while view(tz, matter).closed is None:
        assert world._round()
    tz.outgoing.clear()
    tz.crash()  # with the acknowledgement; its keys are gone already
    assert not has_keys(tz, matter)
    world.settle()
    assert has_keys(ke, matter)
    world.start(TZ)
    world.settle()
    assert not has_keys(ke, matter)
    assert troubles(ke) == troubles(tz) == []


def test_a_receipt_that_was_outstanding_still_comes(world: World) -> None:
    """The log shows a document before the closing whose receipt was lost with the link."""
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    said = tz.run(lambda tx: say(tx, matter, "just in time"))
    sent, tz.outgoing = tz.outgoing, []
    for relay, frame in sent:
        world.relays[relay].handle(TZ, frame)
    tz.crash()  # the answer is lost
    world.settle()
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    world.start(TZ)
    world.settle()
    document = tz.read(lambda tx: show_document(tx, said.document))
    assert document.receipt is not None
    assert document.stage is Stage.DELIVERED
    assert texts(ke, matter) == ["first", "just in time"]
    assert not has_keys(ke, matter)
    assert state(tz, bytes.fromhex(matter)) is ChannelState.CLOSED


def test_a_crash_at_any_moment_leaves_no_keys_behind(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    secrets = {node.authority: secrets_of(world.group(node, bytes.fromhex(matter))) for node in (ke, tz)}
    ke.run(lambda tx: close(tx, matter))
    for _ in range(12):
        for node in (ke, tz):
            node.crash()
        world.start(KE, TZ)
        world._round()
    world.settle()
    for node in (ke, tz):
        assert view(node, matter).closed is not None
        assert not has_keys(node, matter)
        assert on_disk(node, secrets[node.authority]) == set()
        assert len(events_of(node, EventKind.MATTER_CLOSED)) == 1


def test_keys_deleted_under_a_backups_eyes_go_when_it_ends(world: World) -> None:
    """A snapshot that is being read keeps old pages in the log: they go with the next transaction after it."""
    ke, tz, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    secrets = secrets_of(world.group(tz, bytes.fromhex(matter)))
    with tz.database.snapshot():
        ke.run(lambda tx: close(tx, matter))
        world.settle()
        assert not has_keys(tz, matter)
    tz.take(tz.core.tick())
    assert on_disk(tz, secrets) == set()


def test_who_leaves_keeps_no_keys(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    secrets = secrets_of(world.group(ug, bytes.fromhex(matter)))
    ug.run(lambda tx: leave(tx, matter, "not ours"))
    world.advance(600)
    assert state(ug, bytes.fromhex(matter)) is ChannelState.CLOSED
    assert not has_keys(ug, matter)
    assert on_disk(ug, secrets) == set()
    assert len(events_of(ug, EventKind.KEYS_DESTROYED)) == 1
    assert view(ug, matter).closed is None
    assert view(ug, matter).trouble is not None
    assert world.group(ke, bytes.fromhex(matter)).epoch == world.group(tz, bytes.fromhex(matter)).epoch


def test_new_keys_of_an_authority_do_not_disturb_a_closed_matter(world: World) -> None:
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    ug.disconnect("relay.one")
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    for node in (ke, tz):
        identity = world.simulator.renew_keys(node.authority)
        node.take(node.core.add_keys(identity))
    world.publish()
    world.settle()
    world.advance(3600)
    world.start(UG)
    world.settle()
    for node in world.nodes.values():
        assert view(node, matter).closed is not None
        assert not has_keys(node, matter)
        assert "commit_refused" not in troubles(node)


def test_a_founder_that_lost_its_keys_meanwhile_is_done_when_all_have_read(world: World) -> None:
    """As after a restore: a backup holds the closing and no group."""
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    ug.disconnect("relay.one")
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    assert has_keys(ke, matter)
    for role in Role:
        ke.run(lambda tx: groups.delete(tx.connection, bytes.fromhex(matter), role))  # noqa: B023
    ke.crash()
    world.start(KE)
    world.settle()
    assert state(ke, bytes.fromhex(matter)) is ChannelState.CLOSING
    world.start(UG)
    world.settle()
    for node in (ke, tz, ug):
        closed = view(node, matter).closed
        assert closed is not None
        assert closed.keys_gone_at is not None
        assert state(node, bytes.fromhex(matter)) is ChannelState.CLOSED
        assert troubles(node) == []


def test_a_matter_that_is_closed_before_it_opened_says_what_was_to_be_said(world: World) -> None:
    ke, tz, _ = world.nodes.values()
    matter = ke.run(lambda tx: open_consultation(tx, [TZ], "Vessel", "forget it")).matter
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    for node in (ke, tz):
        assert texts(node, matter) == ["forget it"]
        assert view(node, matter).closed is not None
        assert not has_keys(node, matter)


def test_a_log_that_lies_after_the_closing_brings_no_key_back(world: World) -> None:
    """The relay names another last entry than its log has: the founder, who still had keys, lets them go."""
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    ug.disconnect("relay.one")
    ke.run(lambda tx: close(tx, matter))
    world.settle()
    log = world.relay.logs[bytes.fromhex(matter)]
    ke.disconnect("relay.one")
    tz.disconnect("relay.one")
    log.entries.pop()
    world.start(KE, TZ)
    world.settle()
    for node in (ke, tz):
        assert "log_rolled_back" in troubles(node)
        assert state(node, bytes.fromhex(matter)) is ChannelState.CLOSED
        assert not has_keys(node, matter)
