"""Work that waits for a writer, taken fairly: who queues much waits for itself, not before everybody else."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """A queue between threads. Each item stands in a line, by authority, and weighs something (bytes).

    While there is more than a batch holds, lines take turns, an item each; a batch is in the order of arrival.
    """

    def __init__(self, items: int, weight: int) -> None:
        """A batch holds `items` at most, and less once it weighs `weight`."""
        self._items = items
        self._weight = weight
        self._lines: dict[str, deque[tuple[int, int, T]]] = {}
        self._turn: deque[str] = deque()
        self._count = 0
        self._arrivals = 0
        self._waiting_weight = 0
        self._closed = False
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def put(self, line: str, item: T, weight: int = 0) -> None:
        """Queue `item` behind the others of its line."""
        with self._lock:
            waiting = self._lines.get(line)
            if waiting is None:
                waiting = self._lines[line] = deque()
                self._turn.append(line)
            self._arrivals += 1
            waiting.append((self._arrivals, weight, item))
            self._count += 1
            self._waiting_weight += weight
            if self._count == 1:
                self._changed.notify()

    def close(self) -> None:
        """Nothing is put any more: `take` gives what is left, then nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self) -> list[T]:
        """Wait for items and take a batch of them; empty once the queue is closed and empty."""
        with self._changed:
            while not self._count and not self._closed:
                self._changed.wait()
            if self._count <= self._items and self._waiting_weight <= self._weight:
                batch = [entry for line in self._lines.values() for entry in line]
                self._lines.clear()
                self._turn.clear()
            else:
                batch = self._turns()
            self._count -= len(batch)
            self._waiting_weight -= sum([entry[1] for entry in batch])
        if len(batch) > 1:
            batch.sort(key=_arrival)
        return [entry[2] for entry in batch]

    def _turns(self) -> list[tuple[int, int, T]]:
        batch: list[tuple[int, int, T]] = []
        weight = 0
        while self._turn and len(batch) < self._items and weight < self._weight:
            line = self._turn.popleft()
            waiting = self._lines[line]
            entry = waiting.popleft()
            batch.append(entry)
            weight += entry[1]
            if waiting:
                self._turn.append(line)
            else:
                del self._lines[line]
        return batch


def _arrival(entry: tuple[int, int, object]) -> int:
    return entry[0]
