"""This computer's clock, which may be set while the node runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

STEP: Final = 5.0
"""Seconds between two looks by which the clock differs from a steady one when it was set."""


class StepWatch:
    """Tells whether the clock was set since the last look. `now()`: that clock; `steady()`: one that nobody sets."""

    def __init__(self, now: Callable[[], float], steady: Callable[[], float]) -> None:
        self._now = now
        self._steady = steady
        self._ahead = now() - steady()

    def stepped(self) -> bool:
        """Look again."""
        before, self._ahead = self._ahead, self._now() - self._steady()
        return abs(self._ahead - before) >= STEP
