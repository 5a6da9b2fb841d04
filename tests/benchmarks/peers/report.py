"""What a contest gave, as a folder: `contest.md`, `contest.json`, and a plot of each kind of measure as PNG and SVG."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import msgspec
import psutil
from matplotlib.figure import Figure

from tests.benchmarks.peers.contender import Measure
from tests.benchmarks.peers.contest import Outcome, Result
from tests.benchmarks.peers.wanted import Verdict

PLOTS = {
    "throughput": (Measure.ACCEPTED, Measure.DELIVERED, Measure.DRAINED, Measure.DOCUMENTS, Measure.CAUGHT_UP),
    "times": (Measure.BROADCAST, Measure.LATENCY),
    "growth": (Measure.COST_BACKLOG, Measure.COST_CHANNELS, Measure.COST_MEMBERS),
}
BAR = 0.42
"""Inches of height for a bar."""


def write(folder: Path, outcome: Outcome, verdicts: Sequence[Verdict], settings: dict[str, object]) -> str:
    """Write everything into `folder`, which is made; gives the text of `contest.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    outcome.results.sort(key=lambda result: list(Measure).index(result.measure))
    about = {**settings, **_machine()}
    text = _markdown(outcome, verdicts, about)
    (folder / "contest.md").write_text(text, encoding="utf-8")
    whole = {"about": about, "results": outcome.results, "wanted": verdicts, "absent": outcome.absent}
    (folder / "contest.json").write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
    for name, measures in PLOTS.items():
        results = [result for result in outcome.results if result.measure in measures]
        if results:
            _plot(folder / name, results)
    return text


def _machine() -> dict[str, object]:
    memory = psutil.virtual_memory().total / 2**30
    return {
        "machine": f"{platform.machine()}, {psutil.cpu_count()} processors, {memory:.0f} GiB",
        "system": platform.platform(),
    }


def _markdown(outcome: Outcome, verdicts: Sequence[Verdict], about: dict[str, object]) -> str:
    lines = ["# Contest", "", *(f"- {name}: {value}" for name, value in about.items()), "", "## Measured", ""]
    lines += ["| what | who | median | spread | unit |", "| --- | --- | ---: | ---: | --- |"]
    for each in outcome.results:
        value = f"{_short(each.median)} | {_spread(each.values)} | {each.unit}"
        lines.append(f"| {each.measure.value} | {each.contender} | {value} |")
    lines += [f"| everything | {name} | | | {reason} |" for name, reason in outcome.absent.items()]
    lines += ["", "## Wanted", "", "| what | wanted | median | spread | |", "| --- | --- | ---: | ---: | --- |"]
    for verdict in verdicts:
        if verdict.holds is None:
            lines.append(f"| {verdict.what} | {verdict.wanted} | | | not measured |")
        else:
            holds = "holds" if verdict.holds else "**does not hold**"
            value = f"{_short(verdict.median)} | {_spread(verdict.values)}"
            lines.append(f"| {verdict.what} | {verdict.wanted} | {value} | {holds} |")
    return "\n".join([*lines, ""])


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _spread(values: Sequence[float]) -> str:
    return f"{_short(min(values))} .. {_short(max(values))}"


def _plot(path: Path, results: Sequence[Result]) -> None:
    """Bars of the medians on a logarithmic scale, with a line from the least to the most of the rounds."""
    with mpl.rc_context({"svg.hashsalt": "rogatory", "font.size": 9}):
        figure = Figure(figsize=(9, 1.2 + BAR * len(results)), layout="constrained")
        axes = figure.add_subplot()
        colours = {name: f"C{number}" for number, name in enumerate(dict.fromkeys(each.contender for each in results))}
        medians = [each.median for each in results]
        below = [each.median - min(each.values) for each in results]
        above = [max(each.values) - each.median for each in results]
        rows = range(len(results))
        bars = axes.barh(
            rows, medians, xerr=[below, above], capsize=3, color=[colours[each.contender] for each in results]
        )
        axes.bar_label(bars, [f" {_short(each.median)} {each.unit}" for each in results], padding=4)
        axes.set_yticks(rows, [f"{each.contender}: {each.measure.value}" for each in results])
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.margins(x=0.2)
        axes.set_title(f"{path.name}: median of the rounds, least to most")
        for kind in ("png", "svg"):
            figure.savefig(path.with_suffix(f".{kind}"), dpi=150)
