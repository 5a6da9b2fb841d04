"""Which evidence of a document's way is the current one, and when its absence is stated. After ETSI EN 319 522 and AS4.

    stage      | what happened, weakest first             | signed by
    -----------|------------------------------------------|---------------------------------------------------------
    submission | rejection, acceptance                    | the relay: a rejection, a receipt
    delivery   | non_delivery, exception, delivery        | the author's node; the addressee's acknowledgement, twice
    retrieval  | non_retrieval, retrieval                 | the author's node; the addressee's node

A stronger one supersedes a weaker one, in whichever order they arrive; of equal ones the earliest stands. So each
document has exactly one current evidence for each stage and addressee, the same wherever the same evidences are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rogatory.protocol.documents.urgency import Urgency


class Stage(StrEnum):
    """A part of a document's way."""

    SUBMISSION = "submission"
    DELIVERY = "delivery"
    RETRIEVAL = "retrieval"


class Finding(StrEnum):
    """What an evidence says."""

    REJECTION = "rejection"
    """The relay did not take it, and says why."""
    ACCEPTANCE = "acceptance"
    """The relay took it."""
    NON_DELIVERY = "non_delivery"
    """The author's node had seen no acknowledgement when the term ran out."""
    EXCEPTION = "exception"
    """The addressee's node read the log that far, and could not open it."""
    DELIVERY = "delivery"
    """The addressee's node has opened it."""
    NON_RETRIEVAL = "non_retrieval"
    """The author's node had been told of no officer who opened it when the term ran out."""
    RETRIEVAL = "retrieval"
    """A person at the addressee opened it."""


STAGES: Final[Mapping[Stage, tuple[Finding, ...]]] = {
    Stage.SUBMISSION: (Finding.REJECTION, Finding.ACCEPTANCE),
    Stage.DELIVERY: (Finding.NON_DELIVERY, Finding.EXCEPTION, Finding.DELIVERY),
    Stage.RETRIEVAL: (Finding.NON_RETRIEVAL, Finding.RETRIEVAL),
}
STAGE_OF: Final[Mapping[Finding, Stage]] = {finding: stage for stage, all_ in STAGES.items() for finding in all_}
_STRENGTH: Final[Mapping[Finding, int]] = {each: place for all_ in STAGES.values() for place, each in enumerate(all_)}

SHARE_OF_TERM: Final[Mapping[Urgency, float]] = {
    Urgency.ROUTINE: 1.0,
    Urgency.URGENT: 1 / 4,
    Urgency.EMERGENCY: 1 / 24,
}
"""How much of the configured term a matter of this urgency waits."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `by` says of one document, stage and addressee. `at`: Unix milliseconds by the clock of whoever says so.

    `source` tells equal ones apart: the message id of the document that says it, the bytes of a rejection, or nothing.
    """

    finding: Finding
    at: int
    by: str
    source: bytes = b""


def supersedes(new: Evidence, held: Evidence) -> bool:
    """Whether `new` is the current one where `held` was. Both are of one document, stage and addressee."""
    return _rank(new) > _rank(held)


def current(evidences: Iterable[Evidence]) -> Evidence | None:
    """The current one of one document, stage and addressee; None of none."""
    return max(evidences, key=_rank, default=None)


def due_after(term: float, urgency: Urgency) -> float:
    """Seconds after which absence is stated, where `term` seconds are configured."""
    return term * SHARE_OF_TERM[urgency]


def _rank(evidence: Evidence) -> tuple[int, int, str, bytes]:
    """The stronger, then the earlier; names and bytes settle the rest, so that no two differ and rank alike."""
    return _STRENGTH[evidence.finding], -evidence.at, evidence.by, evidence.source
