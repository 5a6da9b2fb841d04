"""`python -m tests.benchmarks.peers [--full] [--install] [PART...]`: Rogatory and others at the same work, in turn.

Writes a table, JSON and plots into a folder, also of what was measured before a fault.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.peers import ours, rabbitmq, synapse
from tests.benchmarks.peers.contender import Contender, Scale, Sizes
from tests.benchmarks.peers.contest import Outcome, contest
from tests.benchmarks.peers.report import write
from tests.benchmarks.peers.wanted import judge

CONTEST: dict[str, Contender] = {
    "relay": ours.RELAY,
    "bare": ours.PROTOTYPE,
    "synapse": synapse.PEER,
    "rabbitmq": rabbitmq.PEER,
    "nodes": ours.TWO_NODES,
}
"""Who takes turns with whom, in this order."""

PARTS = (*CONTEST, "growth", "idle")
ROUNDS = 3
FULL = Scale(
    count=30_000,
    documents=1_000,
    idle=5_000,
    few=Sizes(backlog=10_000, channels=10, members=2),
    many=Sizes(backlog=1_000_000, channels=100_000, members=1_000),
)
"""The sizes for which figures are wanted."""


def measure(folder: Path, parts: Sequence[str], scale: Scale, rounds: int, outcome: Outcome) -> None:
    """The contest, then growth in as many rounds, then idle connections once; fills `outcome`."""
    contest(folder, [contender for name, contender in CONTEST.items() if name in parts], scale, rounds, outcome, _say)
    if "growth" in parts:
        contest(folder, ours.GROWTH, scale, rounds, outcome, _say)
    if "idle" in parts:
        contest(folder, [ours.IDLING], scale, 1, outcome, _say)


def main(arguments: list[str]) -> None:
    """Measure, print and write."""
    options = _options(arguments)
    scale, outcome = _scale(options), Outcome()
    try:
        with tempfile.TemporaryDirectory(prefix="rogatory-contest-", dir=options.data) as folder:
            measure(Path(folder), options.parts or PARTS, scale, options.rounds, outcome)
    finally:
        print(write(options.folder, outcome, judge(outcome), {"rounds": options.rounds, "sizes": str(scale)}))
        _say(f"written to {options.folder}/")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.peers", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure, of: {', '.join(PARTS)} (all)")
    parser.add_argument("--folder", type=Path, default=Path("bench"), help="where table and plots go (bench)")
    parser.add_argument("--data", type=Path, help="where databases are while they are measured (the system's)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each contender ({ROUNDS})")
    parser.add_argument("--install", action="store_true", help="install peers that are missing")
    parser.add_argument("--full", action="store_true", help="the sizes for which figures are wanted")
    for name in ("count", "documents", "readers", "idle", "backlog", "channels", "members"):
        parser.add_argument(f"--{name}", type=int, help=f"{name} instead of the scale's")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    sizes = (options.count, options.documents, options.readers, options.idle, options.rounds)
    if any(size is not None and size < 1 for size in sizes):
        parser.error("measure at least one of each, in at least one round")
    return options


def _scale(options: argparse.Namespace) -> Scale:
    scale = replace(FULL if options.full else Scale(), install=options.install)
    given = {name: size for name, size in vars(options).items() if size is not None}
    whole = {name: given[name] for name in ("count", "documents", "readers", "idle") if name in given}
    much = {name: given[name] for name in ("backlog", "channels", "members") if name in given}
    return replace(scale, **whole, many=replace(scale.many, **much))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
