"""How long a relay may be silent, told by what moves on the line and not by the clock alone.

A line of a few KiB/s may need many minutes for one frame, and nothing is wrong. Two things are:

- Nothing moves, in either direction, though a ping is on its way every third of the term: the line is dead.
- The relay has a question and does not answer it. That it has it is known once a ping that was sent after the question
  has come back, since a connection keeps the order. From then on it has the term, and beyond that the time that all
  which it sent meanwhile takes on the slowest line: its answer may wait behind that. More than it may deliver without
  being credited cannot be before the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rogatory.protocol.frames.client import (
    Append,
    ClaimKeyPackages,
    ClientFrame,
    FetchChannels,
    FetchHeaders,
    PublishKeyPackages,
    Resume,
)
from rogatory.protocol.frames.server import (
    Accepted,
    AcceptedTogether,
    Channels,
    Claimed,
    Headers,
    Published,
    Refused,
    Resumed,
    ServerFrame,
)
from rogatory.protocol.limits import DELIVERY_WINDOW
from rogatory.protocol.text import message

TERM: Final = 60.0
SLOWEST: Final = 256
"""Bytes a second: what is slower does not get through the handshake in its time."""
MOST: Final = 2 * DELIVERY_WINDOW
"""Bytes that may come before an answer: the window, and as much again of acknowledgements and other answers."""

_QUESTIONS: Final = (Append, Resume, FetchHeaders, FetchChannels, PublishKeyPackages, ClaimKeyPackages)
_ANSWERS: Final = (Accepted, Refused, Resumed, Headers, Channels, Published, Claimed)


class LineDead(Exception):
    """Nothing moves on the line any more."""


class Unanswered(Exception):
    """The relay leaves a question without an answer, though the line works."""


@dataclass(slots=True)
class _Question:
    """`pings`: sent before it. `since`, `received`: the time, and the bytes come by then, when the relay had it."""

    kind: str
    pings: int
    since: float | None = None
    received: int = 0


class Patience:
    """One session's. `steady()`: seconds of a clock that nobody sets."""

    def __init__(self, steady: Callable[[], float], term: float = TERM) -> None:
        self.term = term
        self._steady = steady
        self._questions: dict[int, _Question] = {}
        self._pings = 0
        self._received = self._left = 0
        self._moved_at = steady()

    def asked(self, frame: ClientFrame) -> None:
        """A frame goes out."""
        if isinstance(frame, _QUESTIONS):
            self._questions[frame.ref] = _Question(type(frame).__name__, self._pings)

    def answered(self, frame: ServerFrame) -> None:
        """A frame came."""
        for ref in _refs(frame):
            self._questions.pop(ref, None)

    def ping(self) -> int:
        """A ping goes out; its number."""
        self._pings += 1
        return self._pings

    def pong(self, number: int) -> None:
        """That ping came back: what was asked before it has arrived."""
        for question in self._questions.values():
            if question.since is None and question.pings < number:
                question.since, question.received = self._steady(), self._received

    def moved(self, received: int, left: int) -> None:
        """How many bytes have come, and how many have left, since the session began."""
        if (received, left) != (self._received, self._left):
            self._received, self._left, self._moved_at = received, left, self._steady()

    def start_again(self) -> None:
        """This node did not listen for a while: nobody else is to blame for that time."""
        self._moved_at = self._steady()
        for question in self._questions.values():
            if question.since is not None:
                question.since, question.received = self._moved_at, self._received

    def check(self) -> None:
        """Raises LineDead or Unanswered."""
        now = self._steady()
        if now - self._moved_at > self.term:
            raise LineDead(
                message("nothing moved on the line for {seconds} seconds", seconds=f"{now - self._moved_at:.0f}")
            )
        for question in self._questions.values():
            if question.since is not None and self._is_late(now - question.since, self._received - question.received):
                raise Unanswered(
                    message(
                        "the relay has left a question ({question}) without an answer for {seconds} seconds, though"
                        " the line works",
                        question=question.kind,
                        seconds=f"{now - question.since:.0f}",
                    )
                )

    def _is_late(self, elapsed: float, received: int) -> bool:
        allowed = 0.0 if received > MOST else received / SLOWEST
        return elapsed > self.term + allowed


def _refs(frame: ServerFrame) -> Iterator[int]:
    if isinstance(frame, AcceptedTogether):
        yield from frame.refs
    elif isinstance(frame, _ANSWERS):
        yield frame.ref
