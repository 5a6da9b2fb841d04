"""A complete request of each form through its whole life between two nodes, and both sides' dossiers at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rogatory.keys.directory.model import Purpose
from rogatory.keys.verification import Claim, Verdict
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import events
from rogatory.node.matters.commands import close, reply, send_request
from rogatory.node.matters.queries import documents_in, show_matter
from rogatory.node.matters.requesting import check_request
from rogatory.protocol.documents import FORMS, Outcome
from tests.data.letters import request_of
from tests.node.dossiers.taking import found, members_of, speak, take
from tests.node.harness import World
from tests.scenarios.lives import ASKS, LIVES

KE, TZ = "ke.central", "tz.central"
CHAIN = ("request", "reply")


def test_each_form_has_a_life_and_together_they_have_every_step() -> None:
    assert set(LIVES) == set(FORMS)
    assert {step.fields["outcome"] for life in LIVES.values() for step in life} == {each.value for each in Outcome}


def stage(folder: Path) -> World:
    """Two authorities, competent for everything; the second accepts all languages and can be called at night."""
    world = World(folder, [])
    everything = tuple(Purpose)
    world.simulator.add_authority(KE, competences=everything)
    languages = ("en", "fr", "es", "ru", "ar", "zh", "pt")
    world.simulator.add_authority(TZ, competences=everything, languages=languages, contact_24_7="+255 26 555 0100")
    world.now = float(int(world.simulator.now().timestamp()))
    world.start(TZ)
    world.settle()
    world.start(KE)
    world.settle()
    return world


def chain(world: World, authority: str, matter: str) -> list[tuple[str, str, str, Any]]:
    """What stands in a side's chain: kind, author, digest, and what it says."""
    documents = world.nodes[authority].read(lambda tx: documents_in(tx, matter))
    return [(each.kind, each.author, each.digest, each.body) for each in documents if each.kind in CHAIN]


@pytest.mark.parametrize("form", sorted(LIVES))
def test_it_lives_and_both_dossiers_tell_the_same(form: str, tmp_path: Path) -> None:
    world = stage(tmp_path)
    try:
        matter = live(world, form)
        prove(world, matter, 1 + len(LIVES[form]))
        end(world, matter)
    finally:
        world.close()


def live(world: World, form: str) -> str:
    """Send the request, take every step, and look at both sides after each; gives the matter."""
    ke, tz = world.nodes[KE], world.nodes[TZ]
    fields = request_of(form)
    checked = ke.read(lambda tx: check_request(tx, [TZ], fields))
    assert (checked.gaps, [remark for remark in checked.remarks if remark.blocks]) == ([], [])
    matter = ke.run(lambda tx: send_request(tx, [TZ], fields)).matter
    assert ke.read(lambda tx: show_matter(tx, matter)).state == "queued"
    world.settle()
    assert ke.read(lambda tx: show_matter(tx, matter)).state == "received"
    for step in LIVES[form]:
        world.now += 3600
        node = ke if step.side is ASKS else tz
        said = {"language": fields["language"]} | step.fields
        assert said["outcome"] in node.read(lambda tx: show_matter(tx, matter)).next_steps
        node.run(lambda tx, said=said: reply(tx, matter, said))  # type: ignore[misc]
        world.settle()
        assert {each.read(lambda tx: show_matter(tx, matter)).state for each in (ke, tz)} == {step.state}
    assert chain(world, KE, matter) == chain(world, TZ, matter)
    for node in (ke, tz):
        kinds = {each.kind for each in node.read(lambda tx: events(tx, limit=1000))}
        assert not kinds & {EventKind.DOCUMENT_VOID, EventKind.TROUBLE}
    return matter


def prove(world: World, matter: str, steps: int) -> None:
    """Both sides' dossiers are proven, and tell the same chain in the same words."""
    told = []
    for node in (world.nodes[KE], world.nodes[TZ]):
        speak(node, matter)
    for node in (world.nodes[KE], world.nodes[TZ]):
        speak(node, matter)
        data = take(node, matter)
        report = found(data, world.simulator.root)
        assert report.verdict is Verdict.PROVEN, "\n".join(report.lines())
        links = [each for each in report.documents if each.kind in CHAIN]
        assert len(links) == steps
        assert [each.digest for each in links] == [digest for _, _, digest, _ in chain(world, KE, matter)]
        told.append([[each.text for each in link.findings if each.claim is Claim.STEP] for link in links])
        members, said = members_of(data), chain(world, KE, matter)[0][3]
        readme = members["README.txt"].decode()
        assert all(each["reference"] in readme for each in said["related"])
        letter = next(text.decode() for name, text in members.items() if " request " in name)
        assert all(line.strip() in letter for line in said["facts"].splitlines())
    assert told[0] == told[1]


def end(world: World, matter: str) -> None:
    """The requesting authority closes the matter; on both sides nothing more can be said."""
    world.nodes[KE].run(lambda tx: close(tx, matter, "All is said."))
    world.settle()
    for node in world.nodes.values():
        closed = node.read(lambda tx: show_matter(tx, matter)).closed
        assert closed is not None
        assert closed.by == KE
    report = found(take(world.nodes[KE], matter), world.simulator.root)
    assert report.documents[-1].kind == "closing"
    assert Verdict.FALSE not in {each.verdict for each in report.documents}
