"""Rounds in which the contenders take turns, so that a busy minute of the machine falls on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import aiohttp
import msgspec

from tests.benchmarks.peers.contender import UNITS, Contender, Measure, NotHere, PeerFailed, Scale, Works

Report = Callable[[str], None]


class Result(msgspec.Struct, kw_only=True):
    """What one contender reached, a value for each round."""

    measure: Measure
    contender: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        """The middle of its rounds."""
        return median(self.values)


class Outcome(msgspec.Struct, kw_only=True):
    """All results, and why a contender is missing or has dropped out."""

    results: list[Result] = []
    absent: dict[str, str] = {}

    def find(self, measure: Measure, contender: str) -> Result | None:
        """What this contender reached, if it was measured."""
        found = (each for each in self.results if (each.measure, each.contender) == (measure, contender))
        return next(found, None)


def contest(
    folder: Path, contenders: Sequence[Contender], scale: Scale, rounds: int, outcome: Outcome, report: Report
) -> None:
    """All contenders run at the same time, and one after another is given work, for so many rounds.

    Fills `outcome`. Who is not installed or fails stands in its `absent`, with what it reached until then in `results`.
    """
    with ExitStack() as stack:
        works = {}
        for contender in contenders:
            report(f"starting {contender.name}")
            try:
                works[contender.name] = stack.enter_context(contender.running(folder / contender.name, scale))
            except NotHere as reason:
                outcome.absent[contender.name] = str(reason)
            except (PeerFailed, OSError) as reason:
                outcome.absent[contender.name] = f"did not start: {reason}"
        for _ in range(rounds):
            for measure in Measure:
                _turn(outcome, works, measure, report)


def _turn(outcome: Outcome, works: dict[str, Works], measure: Measure, report: Report) -> None:
    for name, work in list(works.items()):
        if measure not in work:
            continue
        try:
            value = work[measure]()
        except (PeerFailed, aiohttp.ClientError, TimeoutError) as reason:
            outcome.absent[name] = f"failed in {measure.value!r}: {reason or type(reason).__name__}"
            del works[name]
            continue
        report(f"{name}: {measure.value}: {value:,.2f} {UNITS[measure]}")
        result = outcome.find(measure, name)
        if result is None:
            result = Result(measure=measure, contender=name, unit=UNITS[measure], values=[])
            outcome.results.append(result)
        result.values.append(value)
