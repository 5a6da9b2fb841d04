"""What an officer is told of correspondents' keys, and what is recorded of their fingerprints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.keys.fingerprint import entry_fingerprint
from rogatory.node.channels.trouble import Trouble
from rogatory.node.correspondents.confirming import confirm, keys_view
from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.matters.queries import list_matters, show_matter
from tests.node.channels.looking import consult, events_of, texts, troubles, write
from tests.node.harness import SimulatedNode, World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    opened = World(tmp_path, [KE, TZ, UG])
    opened.start(KE, TZ, UG)
    opened.settle()
    yield opened
    opened.close()


def matters_of(node: SimulatedNode) -> set[str]:
    return {matter.matter for matter in node.read(list_matters)}


def follow(world: World) -> None:
    world.publish()
    world.settle()


def test_a_key_change_is_told_in_each_matter_with_the_correspondent(world: World) -> None:
    matters = {consult(world, KE, TZ), consult(world, KE, TZ, UG)}
    consult(world, KE, UG)
    world.simulator.renew_keys(TZ)
    follow(world)
    told = events_of(world.nodes[KE], EventKind.KEYS_CHANGED)
    assert {event.matter for event in told} == matters
    assert {(event.author, event.code) for event in told} == {(TZ, "endorsed_by_key_set")}
    fingerprint = entry_fingerprint(world.directory().authority(TZ), 2)
    assert all(fingerprint in event.summary for event in told)
    assert not events_of(world.nodes[TZ], EventKind.KEYS_CHANGED)
    world.nodes[KE].crash()
    world.start(KE)
    world.settle()
    assert len(events_of(world.nodes[KE], EventKind.KEYS_CHANGED)) == 2


def test_keys_that_nobody_endorsed_wait_until_a_person_confirms_them(world: World) -> None:
    matter = consult(world, KE, TZ)
    ke = world.nodes[KE]
    world.simulator.renew_keys(TZ, endorsed_by=None)
    follow(world)
    (told,) = events_of(ke, EventKind.KEYS_CHANGED)
    assert told.code == "unendorsed"
    assert "authority confirm" in told.summary
    view = ke.read(lambda tx: keys_view(tx, TZ))
    assert view is not None
    assert (view.waits, view.confirmed_at) == (True, None)
    with pytest.raises(RefusedInput, match="nothing was recorded"):
        ke.run(lambda tx: confirm(tx, TZ, view.fingerprint[::-1]))
    confirmed = ke.run(lambda tx: confirm(tx, TZ, view.fingerprint.replace(" ", "")))
    assert not confirmed.waits
    party = next(party for party in ke.read(lambda tx: show_matter(tx, matter)).parties if party.authority == TZ)
    assert (party.keys, party.confirmed_at) == ("unendorsed", confirmed.confirmed_at)
    world.simulator.renew_keys(TZ)
    follow(world)
    after = ke.read(lambda tx: keys_view(tx, TZ))
    assert after is not None
    assert (after.key_set, after.standing, after.confirmed_at) == (3, "endorsed_by_key_set", None)


def test_nobody_is_let_in_with_keys_that_wait_for_a_person(world: World) -> None:
    """Neither into a new matter nor, after a loss, back into an old one (DESIGN section 3)."""
    old = consult(world, KE, TZ)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    world.simulator.renew_keys(TZ, endorsed_by=None)
    tz.crash()
    tz.database.close()
    tz.path.unlink()
    tz.reopen()
    write(ke, old, "missed")
    follow(world)
    world.start(TZ)
    world.advance(60)
    assert matters_of(tz) == set()
    young = consult(world, KE, TZ, first="new")
    assert matters_of(tz) == set()
    assert set(troubles(ke)) == {Trouble.UNCONFIRMED}
    told = events_of(ke, EventKind.TROUBLE)
    assert all("rogatory-node authority confirm tz.central" in event.summary for event in told)
    ke.run(lambda tx: confirm(tx, TZ, None))
    world.settle()
    assert texts(tz, young) == ["new"]
    assert "missed" in texts(tz, old)
    write(tz, old, "back")
    world.settle()
    assert texts(ke, old)[-1] == "back"


def test_compromise_and_striking_off_are_told(world: World) -> None:
    consult(world, KE, TZ, UG)
    ke = world.nodes[KE]
    world.simulator.mark_compromised(TZ, [1], int(world.now))
    follow(world)
    world.simulator.strike_off(UG)
    follow(world)
    assert [event.code for event in events_of(ke, EventKind.KEYS_CHANGED)] == ["compromised", "struck_off"]
    with pytest.raises(Conflict):
        ke.run(lambda tx: confirm(tx, UG, None))
