"""The life of a request: one table, the same for both sides, driven by documents in log order.

Where steps cross on the wire, the log's order decides for everybody: the one that comes second finds the state
that the first one left, and a step that does not go from there is shown and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rogatory.protocol.documents import Outcome


class State(StrEnum):
    """Where a matter stands."""

    OPEN = "open"
    """A consultation: it has no course to run. Also a request's matter at a party that does not hold the request."""
    QUEUED = "queued"
    """The request is signed and waits at the requesting side until the log has it."""
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"
    INFORMATION_REQUESTED = "information_requested"
    POSTPONED = "postponed"
    PARTLY_EXECUTED = "partly_executed"
    EXECUTED = "executed"
    REFUSED = "refused"
    NO_LONGER_REQUIRED = "no_longer_required"


class Role(StrEnum):
    """On which side of a request an authority stands. A party added later stands on neither."""

    REQUESTING = "requesting"
    REQUESTED = "requested"
    CONSULTED = "consulted"


class Step(StrEnum):
    """What moves a request. All but the receipt are outcomes of replies."""

    RECEIPT = "receipt"
    ACCEPTED = Outcome.ACCEPTED.value
    FORWARDED = Outcome.FORWARDED.value
    INFORMATION_REQUESTED = Outcome.INFORMATION_REQUESTED.value
    INFORMATION_GIVEN = Outcome.INFORMATION_GIVEN.value
    POSTPONED = Outcome.POSTPONED.value
    PARTLY_EXECUTED = Outcome.PARTLY_EXECUTED.value
    EXECUTED = Outcome.EXECUTED.value
    REFUSED = Outcome.REFUSED.value
    NO_LONGER_REQUIRED = Outcome.NO_LONGER_REQUIRED.value


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may take a step, from which states, and to which it leads (None: it stays)."""

    role: Role
    states: frozenset[State]
    to: State | None


_UNDECIDED = frozenset(
    {
        State.SENT,
        State.RECEIVED,
        State.ACCEPTED,
        State.FORWARDED,
        State.INFORMATION_REQUESTED,
        State.POSTPONED,
    }
)
_UNFINISHED = _UNDECIDED | {State.PARTLY_EXECUTED}
_ANY = frozenset(State) - {State.OPEN, State.QUEUED}

LIFE: Final[dict[Step, Rule]] = {
    Step.RECEIPT: Rule(Role.REQUESTED, _ANY, None),
    Step.ACCEPTED: Rule(Role.REQUESTED, _UNDECIDED - {State.ACCEPTED}, State.ACCEPTED),
    Step.FORWARDED: Rule(Role.REQUESTED, _UNDECIDED, State.FORWARDED),  # UNTOC 18(13)
    Step.INFORMATION_REQUESTED: Rule(Role.REQUESTED, _UNFINISHED, State.INFORMATION_REQUESTED),  # 18(16)
    Step.INFORMATION_GIVEN: Rule(Role.REQUESTING, frozenset({State.INFORMATION_REQUESTED}), State.RECEIVED),
    Step.POSTPONED: Rule(Role.REQUESTED, _UNFINISHED, State.POSTPONED),  # 18(25)
    Step.PARTLY_EXECUTED: Rule(Role.REQUESTED, _UNFINISHED, State.PARTLY_EXECUTED),
    Step.EXECUTED: Rule(Role.REQUESTED, _UNFINISHED, State.EXECUTED),
    Step.REFUSED: Rule(Role.REQUESTED, _UNDECIDED, State.REFUSED),  # 18(21), 18(23)
    Step.NO_LONGER_REQUIRED: Rule(Role.REQUESTING, _UNFINISHED, State.NO_LONGER_REQUIRED),  # 18(24)
}


class IllegalStep(Exception):
    """A step that does not go from the state that the request is in."""


class WrongRole(IllegalStep):
    """A step that this side of the request may never take."""


def advance(state: State, step: Step, role: Role) -> State:
    """The state after `step`, taken by an authority in `role`. Raises WrongRole, IllegalStep."""
    rule = LIFE[step]
    if role is not rule.role:
        raise WrongRole(f"only the {rule.role} side can answer {step.value!r}")
    if state not in rule.states:
        raise IllegalStep(f"the matter is {state.value!r}, and from there {step.value!r} does not go on")
    if step is Step.RECEIPT and state is State.SENT:
        return State.RECEIVED
    return rule.to or state
