"""What benchmarks measure, and how it is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import psutil
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A measured value. `cpu`: microseconds of processor time for one, which a busy machine distorts least.

    `against` names a figure of the same run and unit: the bare work that this one cannot do without.
    """

    name: str
    value: float
    unit: str
    cpu: float | None = None
    against: str | None = None


@dataclass(slots=True)
class Spent:
    """Seconds of a stretch of time: by the clock, and of processor time of the processes watched."""

    wall: float = 0.0
    cpu: float = 0.0

    def per_second(self, name: str, count: int, *, against: str | None = None) -> Figure:
        """How many there were in a second by the clock."""
        cpu = self.cpu / count * 1e6
        return Figure(name=name, value=count / self.wall, unit="/s", cpu=cpu, against=against)


@contextmanager
def watch(*processes: int) -> Iterator[Spent]:
    """Measure the body; `processes` are watched by their ids, without any this one."""
    watched = [psutil.Process(each) for each in processes]

    def cpu() -> float:
        if not watched:
            return time.process_time()
        return sum(float(times.user + times.system) for times in (each.cpu_times() for each in watched))

    spent = Spent()
    clock, before = time.perf_counter(), cpu()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - clock, cpu() - before


def repeat(name: str, count: int, work: Callable[[], object], *, against: str | None = None) -> Figure:
    """How often in a second `work` can be done."""
    with watch() as spent:
        for _ in range(count):
            work()
    return spent.per_second(name, count, against=against)


def show(figures: Sequence[Figure]) -> None:
    """Print a table."""
    by_name = {figure.name: figure for figure in figures}
    table = Table(title="Rogatory, measured")
    table.add_column("what")
    for heading in ("value", "unit", "CPU each", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("of")
    for figure in figures:
        bare = by_name.get(figure.against or "")
        table.add_row(
            figure.name,
            f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.2f}",
            figure.unit,
            "" if figure.cpu is None else f"{figure.cpu:,.0f} us",
            "" if bare is None else f"{figure.value / bare.value:.3f}",
            figure.against or "",
        )
    Console(width=130).print(table)
