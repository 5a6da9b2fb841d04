"""How long to wait before the next attempt to reach a relay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from rogatory.protocol.frames.server import Code

GOOD_SESSION: Final = 2.0
"""Seconds a session must have stood to count as good, so that the next wait is short again."""

PATIENCE: Final[dict[Code, float]] = {
    Code.REPLACED: 30.0,
    Code.NOT_ENROLLED: 30.0,
    Code.BAD_PROOF: 30.0,
    Code.UNSUPPORTED_VERSION: 60.0,
    Code.RATE: 10.0,
    Code.QUOTA: 10.0,
}
"""Least seconds to wait after the relay said goodbye with this code: coming back at once would not help."""


@dataclass(slots=True)
class Backoff:
    """Exponential, with jitter: each wait is drawn from the upper half of a span that doubles up to `most` seconds.

    `uniform(low, high)` draws a number, as random.uniform does.
    """

    uniform: Callable[[float, float], float]
    first: float = 0.2
    most: float = 60.0
    failures: int = field(default=0, init=False)

    def next(self, goodbye: Code | None = None) -> float:
        """Seconds to wait before the next attempt."""
        # Past 2**32 the span is far beyond any `most`; without a cap the power would grow for ever.
        span = min(self.most, self.first * 2.0 ** min(self.failures, 32))
        self.failures += 1
        patience = PATIENCE.get(goodbye, 0.0) if goodbye is not None else 0.0
        return max(patience, self.uniform(span / 2, span))

    def session_ended(self, lasted: float) -> None:
        """A session that stood for `lasted` seconds is over."""
        if lasted >= GOOD_SESSION:
            self.failures = 0
