"""How far files under way are, in memory only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """`done` of `total` bytes, in this session or one before."""

    done: int
    total: int
    moved: bool = False
    """Whether anything came through in this attempt."""

    def advance(self, count: int) -> None:
        """So many bytes more."""
        self.done += count
        self.moved = True


class Board:
    """What is under way."""

    def __init__(self) -> None:
        self._of: dict[bytes, Progress] = {}

    def get(self, blob: bytes) -> Progress | None:
        """How far it is, None if it is not under way."""
        return self._of.get(blob)

    @contextmanager
    def showing(self, blob: bytes, progress: Progress) -> Iterator[None]:
        """Show a transfer for as long as it runs."""
        self._of[blob] = progress
        try:
            yield
        finally:
            self._of.pop(blob, None)
