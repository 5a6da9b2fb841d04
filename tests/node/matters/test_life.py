"""The table of a request's life."""

from __future__ import annotations

import pytest

from rogatory.node.matters.life import LIFE, IllegalStep, Role, State, Step, WrongRole, advance
from rogatory.protocol.documents import Outcome


def test_every_outcome_of_a_reply_is_a_step() -> None:
    assert {outcome.value for outcome in Outcome} | {"receipt"} == {step.value for step in Step}
    assert set(LIFE) == set(Step)


@pytest.mark.parametrize(
    ("state", "step", "role", "after"),
    [
        (State.SENT, Step.RECEIPT, Role.REQUESTED, State.RECEIVED),
        (State.ACCEPTED, Step.RECEIPT, Role.REQUESTED, State.ACCEPTED),
        (State.RECEIVED, Step.ACCEPTED, Role.REQUESTED, State.ACCEPTED),
        (State.ACCEPTED, Step.EXECUTED, Role.REQUESTED, State.EXECUTED),
        (State.PARTLY_EXECUTED, Step.EXECUTED, Role.REQUESTED, State.EXECUTED),
        (State.RECEIVED, Step.INFORMATION_REQUESTED, Role.REQUESTED, State.INFORMATION_REQUESTED),
        (State.INFORMATION_REQUESTED, Step.INFORMATION_GIVEN, Role.REQUESTING, State.RECEIVED),
        (State.ACCEPTED, Step.NO_LONGER_REQUIRED, Role.REQUESTING, State.NO_LONGER_REQUIRED),
    ],
)
def test_steps_lead_on(state: State, step: Step, role: Role, after: State) -> None:
    assert advance(state, step, role) is after


@pytest.mark.parametrize("step", [step for step, rule in LIFE.items() if rule.role is Role.REQUESTED])
def test_only_the_requested_side_answers(step: Step) -> None:
    for role in (Role.REQUESTING, Role.CONSULTED):
        with pytest.raises(WrongRole):
            advance(State.RECEIVED, step, role)


@pytest.mark.parametrize("state", [State.EXECUTED, State.REFUSED, State.NO_LONGER_REQUIRED])
@pytest.mark.parametrize("step", [step for step in Step if step is not Step.RECEIPT])
def test_nothing_follows_the_end(state: State, step: Step) -> None:
    with pytest.raises(IllegalStep):
        advance(state, step, LIFE[step].role)


@pytest.mark.parametrize("step", list(Step))
def test_a_consultation_has_no_course(step: Step) -> None:
    with pytest.raises(IllegalStep):
        advance(State.OPEN, step, LIFE[step].role)
