"""The life of a request as one table, the same for both sides, driven by signed steps in log order.

Where steps cross on the wire, the log's order decides for everybody: the one that comes second finds another step
before it than the one that it names, is shown, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rogatory.protocol.documents import Outcome as Step


class State(StrEnum):
    """Where a matter stands."""

    OPEN = "open"
    """A consultation: it has no course to run. Also a request's matter at a party that does not hold the request."""
    QUEUED = "queued"
    """The request is signed and waits at the requesting side until the log has it."""
    SENT = "sent"
    RECEIVED = "received"
    UNDER_REVIEW = "under_review"
    ACCEPTED = "accepted"
    FORWARDED = "forwarded"
    IN_EXECUTION = "in_execution"
    INFORMATION_REQUESTED = "information_requested"
    CONSULTING = "consulting"
    POSTPONED = "postponed"
    PARTLY_EXECUTED = "partly_executed"
    EXECUTED = "executed"
    ANSWERED = "answered"
    REFUSED = "refused"
    NO_LONGER_REQUIRED = "no_longer_required"


class Role(StrEnum):
    """On which side of a request an authority stands. A party added later stands on neither."""

    REQUESTING = "requesting"
    REQUESTED = "requested"
    CONSULTED = "consulted"


class Need(StrEnum):
    """What must have come before a step, besides the state."""

    CONSULTATION_ON_REFUSAL = "a consultation on the refusal that is contemplated (UNTOC 18(26))"
    CONSULTATION_ON_POSTPONEMENT = "a consultation on the postponement that is contemplated (UNTOC 18(26))"
    USE_ASKED = "that the other side asked for a further use (UNTOC 18(19))"
    PRESERVATION = "a request for preservation"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may take a step (None: either side), from which states, where it leads (None: it stays), what it needs."""

    role: Role | None
    states: frozenset[State]
    to: State | None
    need: Need | None = None


ANY: Final = frozenset(State) - {State.OPEN, State.QUEUED}
ENDS: Final = frozenset({State.ANSWERED, State.REFUSED, State.NO_LONGER_REQUIRED})
_UNFINISHED: Final = ANY - ENDS
_UNEXECUTED: Final = _UNFINISHED - {State.EXECUTED}
_UNDECIDED: Final = _UNEXECUTED - {State.PARTLY_EXECUTED}

LIFE: Final[dict[Step, Rule]] = {
    Step.UNDER_REVIEW: Rule(Role.REQUESTED, _UNDECIDED - {State.UNDER_REVIEW}, State.UNDER_REVIEW),
    Step.ACCEPTED: Rule(Role.REQUESTED, _UNDECIDED - {State.ACCEPTED, State.IN_EXECUTION}, State.ACCEPTED),
    Step.FORWARDED: Rule(Role.REQUESTED, _UNDECIDED, State.FORWARDED),  # UNTOC 18(13)
    Step.IN_EXECUTION: Rule(Role.REQUESTED, _UNDECIDED - {State.IN_EXECUTION}, State.IN_EXECUTION),
    Step.INFORMATION_REQUESTED: Rule(Role.REQUESTED, _UNEXECUTED, State.INFORMATION_REQUESTED),  # 18(16)
    Step.INFORMATION_GIVEN: Rule(Role.REQUESTING, frozenset({State.INFORMATION_REQUESTED}), State.UNDER_REVIEW),
    Step.CONSULTATION: Rule(Role.REQUESTED, _UNEXECUTED, State.CONSULTING),  # 18(26), 18(28)
    Step.CONSULTATION_ANSWERED: Rule(Role.REQUESTING, frozenset({State.CONSULTING}), State.UNDER_REVIEW),
    Step.POSTPONED: Rule(  # 18(25)
        Role.REQUESTED, _UNEXECUTED - {State.POSTPONED}, State.POSTPONED, Need.CONSULTATION_ON_POSTPONEMENT
    ),
    Step.PARTLY_EXECUTED: Rule(Role.REQUESTED, _UNEXECUTED, State.PARTLY_EXECUTED),
    Step.EXECUTED: Rule(Role.REQUESTED, _UNEXECUTED, State.EXECUTED),
    Step.REFUSED: Rule(  # 18(21), 18(23)
        Role.REQUESTED, _UNDECIDED, State.REFUSED, Need.CONSULTATION_ON_REFUSAL
    ),
    Step.ANSWERED: Rule(Role.REQUESTED, frozenset({State.EXECUTED, State.PARTLY_EXECUTED}), State.ANSWERED),
    Step.NO_LONGER_REQUIRED: Rule(Role.REQUESTING, _UNFINISHED, State.NO_LONGER_REQUIRED),  # 18(24)
    Step.EXTENSION_ASKED: Rule(Role.REQUESTING, _UNFINISHED | {State.ANSWERED}, None, Need.PRESERVATION),
    Step.EXTENDED: Rule(Role.REQUESTED, _UNFINISHED | {State.ANSWERED}, None, Need.PRESERVATION),
    Step.USE_ASKED: Rule(None, ANY, None),  # 18(19), 18(5)
    Step.USE_ALLOWED: Rule(None, ANY, None, Need.USE_ASKED),
    Step.USE_REFUSED: Rule(None, ANY, None, Need.USE_ASKED),
}

OF_INFORMATION: Final = frozenset(
    {Step.INFORMATION_REQUESTED, Step.INFORMATION_GIVEN, Step.USE_ASKED, Step.USE_ALLOWED, Step.USE_REFUSED}
)
"""Steps that go with spontaneous information (18(4)), which asks for nothing."""


class IllegalStep(Exception):
    """A step that does not go from where the request stands."""


class WrongRole(IllegalStep):
    """A step that this side of the request may never take."""


class CrossedStep(IllegalStep):
    """A step that another one overtook: it names an earlier step as the one before it."""
