"""What a contender is: a server that is started for the contest, and what can be measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Measure(StrEnum):
    """What is measured; the text says what was done. Messages are of 2 KiB unless told otherwise."""

    ACCEPTED = "accepted, on disk"
    DELIVERED = "delivered online"
    DRAINED = "drained from a backlog"
    BROADCAST = "broadcast to all members, until the last has it"
    LATENCY = "sent until had, 99th percentile at 100 a second"
    DOCUMENTS = "signed documents, node to node"
    CAUGHT_UP = "documents caught up with after a time offline"
    COST_BACKLOG = "processor time of a message, by length of its channel's log"
    COST_CHANNELS = "processor time of a message, by number of channels"
    COST_MEMBERS = "processor time of a message, by members of its channel"
    MEMORY_ALONE = "resident memory of the same relay without connections"
    MEMORY = "resident memory with idle, authenticated connections"


UNITS: Mapping[Measure, str] = {
    Measure.ACCEPTED: "/s",
    Measure.DELIVERED: "/s",
    Measure.DRAINED: "/s",
    Measure.BROADCAST: "ms",
    Measure.LATENCY: "ms",
    Measure.DOCUMENTS: "/s",
    Measure.CAUGHT_UP: "/s",
    Measure.COST_BACKLOG: "us",
    Measure.COST_CHANNELS: "us",
    Measure.COST_MEMBERS: "us",
    Measure.MEMORY_ALONE: "MB",
    Measure.MEMORY: "MB",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a relay holds before the cost of a message is measured."""

    backlog: int
    channels: int
    members: int


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to do. `count`: messages in one measure of one round; who is slow takes a part of them.

    `few` and `many` are the sizes between which the cost of a message must not grow.
    """

    count: int = 12_000
    documents: int = 400
    readers: int = 100
    idle: int = 200
    few: Sizes = Sizes(backlog=2_000, channels=10, members=2)
    many: Sizes = Sizes(backlog=20_000, channels=100, members=100)
    install: bool = False

    def part(self, divisor: int) -> int:
        """A `divisor`th of the messages, and at least a few."""
        return max(10, self.count // divisor)


Works = Mapping[Measure, Callable[[], float]]
"""Each work gives its figure of one round, in the unit of its measure."""


@dataclass(frozen=True, slots=True)
class Contender:
    """`running(folder, scale)` starts it and gives what can be measured; raises NotHere or PeerFailed."""

    name: str
    running: Callable[[Path, Scale], AbstractContextManager[Works]]


class NotHere(Exception):
    """The contender is not installed; the text says how to get it."""


class PeerFailed(Exception):
    """The contender did not do what was asked of it; the text holds what it said."""
