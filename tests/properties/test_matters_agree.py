"""Whatever the officers of four authorities do, and in whichever order it crosses: all end with the same matter."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rogatory.node.errors import NodeError
from rogatory.node.matters.commands import add_party, agree, leave, reply, say, send_request, share
from rogatory.node.matters.queries import list_amendments, show_matter
from rogatory.node.matters.views import MatterView
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Ground, Outcome
from tests.keys.simulator import DirectorySimulator
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"
SIMULATOR = DirectorySimulator((KE, TZ, UG, RW))

actors = st.sampled_from((KE, TZ, UG, RW))
actions = st.one_of(
    st.tuples(st.just("settle"), actors, st.none()),
    st.tuples(st.just("say"), actors, st.none()),
    st.tuples(st.just("reply"), actors, st.sampled_from(Outcome)),
    st.tuples(st.just("add"), actors, actors),
    st.tuples(st.just("agree"), actors, st.integers(0, 3)),
    st.tuples(st.just("share"), actors, st.integers(0, 9)),
    st.tuples(st.just("leave"), st.sampled_from((UG, RW)), st.none()),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=st.lists(actions, max_size=20))
def test_all_parties_end_with_the_same_matter(history: list[tuple[str, str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        offices = Offices(Path(folder), SIMULATOR, KE, TZ, UG, RW)
        try:
            matter = offices[KE].run(send_request, [TZ, UG], BANK_RECORDS).matter
            offices.settle()
            for action, actor, detail in history:
                if action == "settle":
                    offices.settle()
                    continue
                try:
                    offices[actor].run(act, matter, action, detail)
                except NodeError:
                    continue  # a refusal changes nothing: the transaction is undone
            offices.settle()
            compare(offices, matter)
        finally:
            offices.close()


def act(tx: Tx, matter: str, action: str, detail: object) -> None:
    """One command of an officer."""
    if action == "say":
        say(tx, matter, "a word")
    elif action == "reply":
        refused = detail is Outcome.REFUSED
        grounds = [Ground.ESSENTIAL_INTERESTS.value] if refused else []
        reply(tx, matter, {"outcome": str(detail), "text": "because", "grounds": grounds})
    elif action == "add":
        add_party(tx, matter, [str(detail)], "needed")
    elif action == "agree":
        open_ones = [view for view in list_amendments(tx, matter) if not view.complete]
        if isinstance(detail, int) and detail < len(open_ones):
            agree(tx, matter, open_ones[detail].digest)
    elif action == "share":
        documents = show_matter(tx, matter).documents
        if isinstance(detail, int) and detail < len(documents):
            share(tx, matter, [documents[detail].id])
    elif action == "leave":
        leave(tx, matter)


def compare(offices: Offices, matter: str) -> None:
    """Kenya and Tanzania hold the same; whoever else is a member agrees on who belongs there."""
    present = offices.members[bytes.fromhex(matter)]
    views = {name: offices[name].run(show_matter, matter) for name in present}
    first = views[KE]
    assert first.state == views[TZ].state
    assert log_of(first) == log_of(views[TZ])
    for view in views.values():
        assert view.members == sorted(present)
        assert {party.authority for party in view.parties if not party.left} == set(present)
        assert agreed(view) == agreed(first)
    if UG in present and not any(party.left for party in first.parties):
        assert first.state == views[UG].state


def log_of(view: MatterView) -> list[tuple[str, int | None]]:
    """Which documents stand where."""
    return [(document.id, document.seq) for document in view.documents]


def agreed(view: MatterView) -> list[str]:
    """The amendments that every party signed, in their order."""
    return [amendment.digest for amendment in view.amendments if amendment.complete]
