"""Counts, medians and quartiles of elapsed times, by one dimension."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rogatory.node.errors import RefusedInput
from rogatory.node.inbox.views import View
from rogatory.node.statistics.cases import MEASURED, Case
from rogatory.protocol.text import message

DAY: Final = 86_400.0
NONE_NAMED: Final = message("none named")

DIMENSIONS: Final[dict[str, Callable[[Case], Sequence[str]]]] = {
    "all": lambda case: ("all",),
    "direction": lambda case: (case.direction,),
    "state": lambda case: case.states,
    "kind": lambda case: (case.form,),
    "article": lambda case: (case.article,),
    "offence": lambda case: case.offences or (NONE_NAMED,),
    "urgency": lambda case: (case.urgency,),
    "outcome": lambda case: (case.outcome,),
}
"""A case that has several values of a dimension counts in each."""


class Elapsed(View, frozen=True, kw_only=True):
    """Days from sending to a stage: how many requests reached it, and quartiles of their times."""

    stage: str
    count: int
    lower_quartile: float
    median: float
    upper_quartile: float


class Figure(View, frozen=True, kw_only=True):
    """The requests of one value of the dimension."""

    value: str
    count: int
    elapsed: list[Elapsed]


def figures(cases: Iterable[Case], by: str, since: float | None = None, until: float | None = None) -> list[Figure]:
    """Requests sent in `since <= time < until` (Unix seconds), by a dimension, the largest number first.

    Raises RefusedInput for a dimension that there is not.
    """
    if by not in DIMENSIONS:
        raise RefusedInput(
            message("{by} is nothing to count by", by=repr(by)),
            message("choose one of: {dimensions}", dimensions=tuple(DIMENSIONS)),
        )
    groups: dict[str, list[Case]] = {}
    for case in cases:
        if (since is None or case.sent_at >= since) and (until is None or case.sent_at < until):
            for value in DIMENSIONS[by](case):
                groups.setdefault(value, []).append(case)
    found = [Figure(value=value, count=len(group), elapsed=_elapsed(group)) for value, group in groups.items()]
    return sorted(found, key=lambda figure: (-figure.count, figure.value))


def as_csv(found: Iterable[Figure]) -> str:
    """One line for each value and stage, with a heading; days with one decimal."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["value", "count", "stage", "reached", "lower_quartile_days", "median_days", "upper_quartile_days"])
    for figure in found:
        lines = [
            [each.stage, each.count, each.lower_quartile, each.median, each.upper_quartile] for each in figure.elapsed
        ]
        for line in lines or [["", "", "", "", ""]]:
            writer.writerow([_harmless(figure.value), figure.count, *line])
    return text.getvalue()


def _elapsed(group: Sequence[Case]) -> list[Elapsed]:
    found = []
    for stage in MEASURED:
        days = [max(0.0, case.reached[stage] - case.sent_at) / DAY for case in group if stage in case.reached]
        if days:
            quartiles = statistics.quantiles(days, n=4, method="inclusive") if len(days) > 1 else days * 3
            lower, median, upper = (round(value, 1) for value in quartiles)
            found.append(
                Elapsed(stage=stage, count=len(days), lower_quartile=lower, median=median, upper_quartile=upper)
            )
    return found


def _harmless(value: str) -> str:
    """A spreadsheet takes a cell that begins so for a formula, and others write the names of offences."""
    return "'" + value if value.startswith(("=", "+", "-", "@", "\t")) else value
