"""What is wanted of the relay and the nodes, as a ratio within one run or as a plain figure, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from tests.benchmarks.peers.contender import UNITS, Measure
from tests.benchmarks.peers.contest import Outcome, Result

ROGATORY, SYNAPSE, RABBITMQ, BARE = "Rogatory", "Synapse", "RabbitMQ", "bare prototype"
NODES = "Rogatory, two nodes"
FEW, MANY, IDLE = "Rogatory, holding little", "Rogatory, holding much", "Rogatory, idle"

GROWTH = 1.2
"""A cost that is measured within a tenth both times counts as the same up to this ratio."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A bound: at least, or `most`; of the ratio to `against` (a measure and a contender), or of the figure itself."""

    measure: Measure
    bound: float
    against: tuple[Measure, str] | None = None
    most: bool = False
    contender: str = ROGATORY


WANTED = (
    Wanted(Measure.ACCEPTED, 100, (Measure.ACCEPTED, SYNAPSE)),
    Wanted(Measure.ACCEPTED, 2, (Measure.ACCEPTED, RABBITMQ)),
    Wanted(Measure.DELIVERED, 100, (Measure.DELIVERED, SYNAPSE)),
    Wanted(Measure.DRAINED, 50, (Measure.DRAINED, SYNAPSE)),
    Wanted(Measure.BROADCAST, 1 / 40, (Measure.BROADCAST, SYNAPSE), most=True),
    Wanted(Measure.LATENCY, 3, most=True),
    Wanted(Measure.DOCUMENTS, 600, contender=NODES),
    Wanted(Measure.DOCUMENTS, 30, (Measure.DELIVERED, SYNAPSE), contender=NODES),
    Wanted(Measure.CAUGHT_UP, 2_000, contender=NODES),
    Wanted(Measure.COST_BACKLOG, GROWTH, (Measure.COST_BACKLOG, FEW), most=True, contender=MANY),
    Wanted(Measure.COST_CHANNELS, GROWTH, (Measure.COST_CHANNELS, FEW), most=True, contender=MANY),
    Wanted(Measure.COST_MEMBERS, GROWTH, (Measure.COST_MEMBERS, FEW), most=True, contender=MANY),
    Wanted(Measure.MEMORY, 200, most=True, contender=IDLE),
)


class Verdict(msgspec.Struct, kw_only=True):
    """One line of the table of what is wanted. `values`: of each round; empty, and `holds` None, if not measured."""

    what: str
    wanted: str
    unit: str
    values: list[float]
    holds: bool | None

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.values)


def judge(outcome: Outcome, wanted: Sequence[Wanted] = WANTED) -> list[Verdict]:
    """What became of each bound."""
    return [_verdict(outcome, each) for each in wanted]


def ratios(ours: Result, other: Result) -> list[float]:
    """Ours to the other's, round by round; of a contender that dropped out, its median stands for the rest."""
    others = other.values if len(other.values) == len(ours.values) else [other.median] * len(ours.values)
    return [mine / theirs for mine, theirs in zip(ours.values, others, strict=True)]


def _verdict(outcome: Outcome, wanted: Wanted) -> Verdict:
    ours = outcome.find(wanted.measure, wanted.contender)
    other = None if wanted.against is None else outcome.find(*wanted.against)
    if wanted.against is None:
        values, unit, of = (ours.values if ours else []), f" {UNITS[wanted.measure]}", ""
    else:
        values, unit = (ratios(ours, other) if ours and other else []), ""
        measure, contender = wanted.against
        of = f" / {contender}" + ("" if measure is wanted.measure else f", {measure.value}")
    bound = f"1/{1 / wanted.bound:g}" if wanted.bound < 1 else f"{wanted.bound:,g}"
    return Verdict(
        what=f"{wanted.contender}, {wanted.measure.value}{of}",
        wanted=f"at {'most' if wanted.most else 'least'} {bound}{unit}",
        unit=unit.strip(),
        values=values,
        holds=(median(values) <= wanted.bound if wanted.most else median(values) >= wanted.bound) if values else None,
    )
