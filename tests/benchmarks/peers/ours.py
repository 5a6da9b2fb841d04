"""Rogatory as contenders: the relay with everything on, two nodes over a relay, relays that hold little and much."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import uvloop

from tests.benchmarks import bare as prototype
from tests.benchmarks import load
from tests.benchmarks.figures import watch
from tests.benchmarks.node_to_node import TwoNodes
from tests.benchmarks.peers.contender import Contender, Measure, Scale, Sizes, Works
from tests.benchmarks.peers.wanted import BARE, FEW, IDLE, MANY, NODES, ROGATORY
from tests.keys.simulator import DirectorySimulator
from tests.relay.process import RelayProcess

T = TypeVar("T")

AUTHORS = 6
BROADCASTS = 20
PER_SECOND = 100
PLENTY = 2**40
WIDE = {
    "limits": {"connections_per_address": 10_000, "connects_per_minute": 1_000_000, "channels_per_session": 1_000_000},
    "quotas": {"stored_bytes": PLENTY, "channels": 1_000_000, "appends_per_minute": PLENTY},
}
"""Limits that a load from one address would meet. All stay on."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a load."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def names(count: int) -> list[str]:
    """So many authorities."""
    return [f"aa.n{number}" for number in range(count)]


@contextmanager
def _relay(folder: Path, scale: Scale) -> Iterator[Works]:
    members = names(max(AUTHORS, scale.readers + 1))
    authors, each = members[:AUTHORS], max(1, scale.count // AUTHORS)
    with RelayProcess(folder, DirectorySimulator(members), settings=WIDE) as relay:

        def rate(measured: Callable[..., Coroutine[Any, Any, load.Rate]]) -> Callable[[], float]:
            return lambda: run(measured(relay, authors, each)).per_second

        def broadcast() -> float:
            return median(run(load.broadcast(relay, members[: scale.readers + 1], BROADCASTS))) * 1e3

        def latency() -> float:
            taken = run(load.latencies(relay, members[0], members[1], max(20, scale.count // 50), PER_SECOND))
            return taken[int(len(taken) * 0.99)] * 1e3

        yield {
            Measure.ACCEPTED: rate(load.accepted),
            Measure.DELIVERED: rate(load.delivered),
            Measure.DRAINED: rate(load.drained),
            Measure.BROADCAST: broadcast,
            Measure.LATENCY: latency,
        }


@contextmanager
def _nodes(folder: Path, scale: Scale) -> Iterator[Works]:
    with TwoNodes(folder) as nodes:
        yield {
            Measure.DOCUMENTS: lambda: scale.documents / nodes.all_at_once(scale.documents).wall,
            Measure.CAUGHT_UP: lambda: nodes.caught_up(4 * scale.documents),
        }


@contextmanager
def _bare(folder: Path, scale: Scale) -> Iterator[Works]:
    folder.mkdir()
    with prototype.bare_relay(folder / "bare.db") as (port, process):
        each = max(1, scale.count // AUTHORS)
        yield {
            Measure.ACCEPTED: lambda: run(prototype.accepted(port, process, AUTHORS, each, load.SIZE, BARE)).value,
        }


def _holding(folder: Path, scale: Scale, sizes: Sizes) -> Iterator[Works]:
    """A relay that holds so much already; the cost of one more is its processor time, in us."""
    members = names(scale.many.members)
    with RelayProcess(folder, DirectorySimulator(members), settings=WIDE) as relay:
        author = members[0]

        async def fill() -> dict[Measure, list[bytes]]:
            async with load.Crowd(relay, [author]) as crowd:
                channels = {
                    Measure.COST_BACKLOG: await crowd.found(author, []),
                    Measure.COST_CHANNELS: await crowd.found(author, [], sizes.channels),
                    Measure.COST_MEMBERS: await crowd.found(author, members[1 : sizes.members]),
                }
                await load.Author(crowd.links[author], channels[Measure.COST_BACKLOG]).send_in_parts(sizes.backlog)
                return channels

        channels = run(fill())

        async def cost(measure: Measure) -> float:
            count = scale.part(2)
            async with load.Crowd(relay, [author]) as crowd:
                some = random.sample(channels[measure], min(count, len(channels[measure])))
                writing = load.Author(crowd.links[author], some)
                writing.prepare(count)
                with watch(relay.pid) as spent:
                    await writing.send()
                return max(spent.cpu, 0.001) / count * 1e6

        yield {measure: partial(lambda each: run(cost(each)), measure) for measure in channels}


@contextmanager
def _few(folder: Path, scale: Scale) -> Iterator[Works]:
    yield from _holding(folder, scale, scale.few)


@contextmanager
def _many(folder: Path, scale: Scale) -> Iterator[Works]:
    yield from _holding(folder, scale, scale.many)


@contextmanager
def _idle(folder: Path, scale: Scale) -> Iterator[Works]:
    authorities = names(scale.idle)
    _allow_files(scale.idle + 200)
    # As it is installed: a library of ours loads boto3 wherever it is found, and only tests bring it.
    absent = folder.with_name(f"{folder.name}-absent")
    absent.mkdir()
    (absent / "boto3.py").write_text('raise ImportError("not part of an installation")\n')
    environment = {"PYTHONPATH": str(absent)}
    with RelayProcess(folder, DirectorySimulator(authorities), settings=WIDE, environment=environment) as relay:
        yield {
            Measure.MEMORY_ALONE: lambda: run(load.idle(relay, []))[0] / 1e6,
            Measure.MEMORY: lambda: run(load.idle(relay, authorities))[1] / 1e6,
        }


def _allow_files(count: int) -> None:
    """Raise the limit of open files, which the relay inherits, to what is needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


RELAY = Contender(ROGATORY, _relay)
TWO_NODES = Contender(NODES, _nodes)
PROTOTYPE = Contender(BARE, _bare)
GROWTH = (Contender(FEW, _few), Contender(MANY, _many))
IDLING = Contender(IDLE, _idle)
