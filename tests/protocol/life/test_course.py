"""The life of a request, step by step, and each rule by a violation."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import (
    FORMS,
    Contemplated,
    DocumentRef,
    Ground,
    MissingEssential,
    Outcome,
    Payload,
    Reply,
    document_digest,
    sign_document,
    template_of,
)
from rogatory.protocol.documents.registry import encode_payload
from rogatory.protocol.life.course import Course, advance, begin, may_take, receive
from rogatory.protocol.life.table import (
    ENDS,
    LIFE,
    OF_INFORMATION,
    CrossedStep,
    IllegalStep,
    Role,
    State,
    WrongRole,
)
from tests.protocol.examples import TANZANIA, payload

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


@dataclass
class Case:
    """A request of Kenya to Tanzania, followed step by step."""

    form: str = "mutual_legal_assistance"
    course: Course = field(init=False)

    def __post_init__(self) -> None:
        request = payload(msgspec.convert(template_of(self.form), FORMS[self.form]))
        self.course = receive(begin(request, _digest(request)), TZ)

    def step(self, outcome: Outcome, **changes: Any) -> Reply:
        fields: dict[str, Any] = {
            "request": DocumentRef(id=self.course.request, digest=self.course.first.hex()),
            "previous": self.course.last.hex(),
            "outcome": outcome,
            "language": "en",
        }
        if outcome is Outcome.CONSULTATION:
            fields |= {"contemplates": Contemplated.REFUSAL}
        return Reply(**fields | changes)

    def take(self, author: str, outcome: Outcome, **changes: Any) -> State:
        step = self.step(outcome, **changes)
        self.course = advance(self.course, author, step, _digest(payload(step)))
        return self.course.state


def _digest(document: Payload) -> bytes:
    return document_digest(encode_payload(document))


def test_every_outcome_stands_in_the_table() -> None:
    assert set(LIFE) == set(Outcome)


def test_a_whole_life() -> None:
    case = Case()
    assert case.course.state is State.RECEIVED
    told = [
        (TZ, Outcome.UNDER_REVIEW, State.UNDER_REVIEW),
        (TZ, Outcome.INFORMATION_REQUESTED, State.INFORMATION_REQUESTED),
        (KE, Outcome.INFORMATION_GIVEN, State.UNDER_REVIEW),
        (TZ, Outcome.ACCEPTED, State.ACCEPTED),
        (TZ, Outcome.FORWARDED, State.FORWARDED),
        (TZ, Outcome.IN_EXECUTION, State.IN_EXECUTION),
        (TZ, Outcome.PARTLY_EXECUTED, State.PARTLY_EXECUTED),
        (TZ, Outcome.EXECUTED, State.EXECUTED),
        (TZ, Outcome.ANSWERED, State.ANSWERED),
    ]
    assert [case.take(author, step) for author, step, _ in told] == [state for _, _, state in told]


def test_a_refusal_and_a_postponement_are_consulted_on_before() -> None:
    """UNTOC 18(26)."""
    for outcome, contemplated in (
        (Outcome.REFUSED, Contemplated.REFUSAL),
        (Outcome.POSTPONED, Contemplated.POSTPONEMENT),
    ):
        case = Case()
        with pytest.raises(IllegalStep, match=r"18\(26\)"):
            case.take(TZ, outcome)
        other = Contemplated.COSTS
        case.take(TZ, Outcome.CONSULTATION, contemplates=other)
        with pytest.raises(IllegalStep, match=r"18\(26\)"):
            case.take(TZ, outcome)
        case.take(TZ, Outcome.CONSULTATION, contemplates=contemplated)
        case.take(KE, Outcome.CONSULTATION_ANSWERED)
        assert case.take(TZ, outcome).value == outcome.value


def test_a_decision_uses_a_consultation_up() -> None:
    case = Case()
    case.take(TZ, Outcome.CONSULTATION)
    case.take(TZ, Outcome.ACCEPTED)
    with pytest.raises(IllegalStep, match=r"18\(26\)"):
        case.take(TZ, Outcome.REFUSED)


def test_of_steps_that_cross_the_first_counts() -> None:
    case = Case()
    late = case.step(Outcome.ACCEPTED)
    case.take(KE, Outcome.NO_LONGER_REQUIRED)
    with pytest.raises(CrossedStep, match="no longer required"):
        advance(case.course, TZ, late, bytes(32))


def test_a_step_names_its_request() -> None:
    case = Case()
    for ref in (
        DocumentRef(id="0" * 32, digest=case.course.first.hex()),
        DocumentRef(id=case.course.request, digest="0" * 64),
    ):
        with pytest.raises(IllegalStep, match="another request"):
            case.take(TZ, Outcome.ACCEPTED, request=ref)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_its_side_takes_a_step(outcome: Outcome) -> None:
    rule = LIFE[outcome]
    wrong = [UG] if rule.role is None else [UG, TZ if rule.role is Role.REQUESTING else KE]
    for author in wrong:
        with pytest.raises(WrongRole):
            Case().take(author, outcome)


def test_only_the_requested_side_receives() -> None:
    with pytest.raises(WrongRole):
        receive(Case().course, KE)


@pytest.mark.parametrize("form", ["mutual_legal_assistance", "preservation", "spontaneous_information"])
def test_what_may_be_taken_is_what_advances(form: str) -> None:
    """From every course that a random walk reaches: the offer is exact."""
    dice = random.Random(form)
    for _ in range(30):
        case = Case(form)
        for _ in range(12):
            for author in (KE, TZ, UG):
                offered = set(may_take(case.course, author))
                for outcome in Outcome:
                    step = case.step(outcome)
                    if outcome in offered:
                        advance(case.course, author, step, bytes(32))
                    else:
                        with pytest.raises(IllegalStep):
                            advance(case.course, author, step, bytes(32))
            choices = [(author, step) for author in (KE, TZ) for step in may_take(case.course, author)]
            author, outcome = dice.choice(choices)
            contemplated = {"contemplates": dice.choice(list(Contemplated))} if outcome is Outcome.CONSULTATION else {}
            case.take(author, outcome, **contemplated)


def test_after_the_end_only_further_use_is_spoken_of() -> None:
    for state, author in itertools.product(ENDS, (KE, TZ)):
        ended = replace(Case().course, state=state)
        assert set(may_take(ended, author)) <= {Outcome.USE_ASKED, Outcome.USE_ALLOWED, Outcome.USE_REFUSED}


def test_a_further_use_is_asked_for_and_answered_by_the_other_side() -> None:
    """UNTOC 18(19)."""
    case = Case()
    with pytest.raises(IllegalStep, match=r"18\(19\)"):
        case.take(TZ, Outcome.USE_ALLOWED)
    case.take(KE, Outcome.USE_ASKED)
    with pytest.raises(IllegalStep, match=r"18\(19\)"):
        case.take(KE, Outcome.USE_ALLOWED)
    assert case.take(TZ, Outcome.USE_ALLOWED) is State.RECEIVED
    with pytest.raises(IllegalStep, match=r"18\(19\)"):
        case.take(TZ, Outcome.USE_ALLOWED)


def test_spontaneous_information_asks_for_nothing() -> None:
    """UNTOC 18(4)."""
    case = Case("spontaneous_information")
    for outcome in set(Outcome) - OF_INFORMATION - {Outcome.EXTENDED, Outcome.EXTENSION_ASKED}:
        author = KE if LIFE[outcome].role is Role.REQUESTING else TZ
        with pytest.raises(IllegalStep):
            case.take(author, outcome)


def test_only_a_preservation_is_extended() -> None:
    with pytest.raises(IllegalStep, match="preservation"):
        Case().take(KE, Outcome.EXTENSION_ASKED)
    case = Case("preservation")
    case.take(KE, Outcome.EXTENSION_ASKED)
    assert case.take(TZ, Outcome.EXTENDED) is State.RECEIVED


@pytest.mark.parametrize(
    ("outcome", "fields", "article"),
    [
        (Outcome.REFUSED, {"text": "Reasons."}, "UNTOC 18(21)"),
        (Outcome.REFUSED, {"grounds": (Ground.NATIONAL,)}, "UNTOC 18(23)"),
        (Outcome.CONSULTATION, {"text": "Why.", "contemplates": None}, "UNTOC 18(26)"),
        (Outcome.CONSULTATION, {"text": ""}, "UNTOC 18(26)"),
        (Outcome.FORWARDED, {}, "UNTOC 18(13)"),
        (Outcome.EXTENDED, {}, "practice"),
        (Outcome.EXTENSION_ASKED, {"until": "2027-01-01"}, "practice"),
        (Outcome.ANSWERED, {}, "UNTOC 18(16), 18(24)"),
        (Outcome.USE_ASKED, {}, "UNTOC 18(19)"),
    ],
)
def test_a_step_says_what_it_must(outcome: Outcome, fields: dict[str, Any], article: str) -> None:
    document = payload(Case().step(outcome, **fields), author=TZ, addressees=(KE,))
    with pytest.raises(MissingEssential) as caught:
        sign_document(document, TANZANIA)
    assert [gap.article for gap in caught.value.gaps] == [article]
