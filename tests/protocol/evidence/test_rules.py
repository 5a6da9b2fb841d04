"""Which evidence is the current one, whatever the order in which they come."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rogatory.protocol.documents import Urgency
from rogatory.protocol.evidence.rules import STAGES, Evidence, Finding, Stage, current, due_after, supersedes
from rogatory.protocol.evidence.wording import wording

evidences = some.builds(
    Evidence,
    finding=some.sampled_from(Finding),
    at=some.integers(0, 3),
    by=some.sampled_from(["ke.central", "tz.central"]),
    source=some.binary(max_size=1),
)


def said(finding: Finding, at: int = 0) -> Evidence:
    return Evidence(finding, at, "ke.central")


@given(some.data())
def test_any_order_leads_to_the_same_current_evidence(data: some.DataObject) -> None:
    stage = data.draw(some.sampled_from(Stage))
    known = data.draw(some.lists(evidences.filter(lambda each: each.finding in STAGES[stage]), min_size=1, max_size=6))
    shuffled = data.draw(some.permutations(known + data.draw(some.lists(some.sampled_from(known), max_size=3))))
    held = reduce(lambda best, each: each if supersedes(each, best) else best, shuffled)
    assert held == current(known)
    assert sum(each == held or supersedes(each, held) for each in set(known)) == 1


@given(evidences, evidences)
def test_of_two_different_ones_exactly_one_supersedes(one: Evidence, other: Evidence) -> None:
    if one != other and one.finding in STAGES[Stage.DELIVERY] and other.finding in STAGES[Stage.DELIVERY]:
        assert supersedes(one, other) is not supersedes(other, one)
    assert not supersedes(one, one)


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        (Finding.REJECTION, Finding.ACCEPTANCE),
        (Finding.NON_DELIVERY, Finding.DELIVERY),
        (Finding.NON_DELIVERY, Finding.EXCEPTION),
        (Finding.EXCEPTION, Finding.DELIVERY),
        (Finding.NON_RETRIEVAL, Finding.RETRIEVAL),
    ],
)
def test_what_happened_supersedes_that_it_had_not(weaker: Finding, stronger: Finding) -> None:
    assert supersedes(said(stronger, 9), said(weaker, 1))
    assert not supersedes(said(weaker, 1), said(stronger, 9))


def test_of_equal_ones_the_earliest_stands() -> None:
    assert current([said(Finding.DELIVERY, 2), said(Finding.DELIVERY, 1)]) == said(Finding.DELIVERY, 1)
    assert current([]) is None


def test_urgency_shortens_terms() -> None:
    assert [due_after(24.0, urgency) for urgency in Urgency] == [24.0, 6.0, 1.0]


def test_each_finding_has_a_sentence_that_says_whose_word_it_is() -> None:
    for finding in Finding:
        text = wording(finding, of="tz.central", by="ke.central", at="noon")
        assert "noon" in text
        assert "{" not in text
    absent = wording(Finding.NON_DELIVERY, of="tz.central", by="ke.central", at="noon")
    assert absent == "not seen by tz.central until noon, says the node of ke.central"
    named = wording(Finding.RETRIEVAL, of="tz.central", by="tz.central", at="noon", detail="A. Mwangi")
    assert named == "opened by A. Mwangi of tz.central on noon, says the node of tz.central"
