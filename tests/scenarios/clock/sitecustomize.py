"""Run by Python at its start where this folder is on the path: the whole process believes in another time.

`ROGATORY_TEST_CLOCK` is by how many seconds its clock is ahead. See `tests.scenarios.moved_clock`.
"""

from __future__ import annotations

import datetime as module
import os
import time
from typing import Self

_AHEAD = float(os.environ.get("ROGATORY_TEST_CLOCK", "0"))
_time, _time_ns = time.time, time.time_ns


class _Moved(module.datetime):
    """What is now is said by the moved clock; all else is as ever."""

    @classmethod
    def now(cls, tz: module.tzinfo | None = None) -> Self:
        return super().now(tz) + module.timedelta(seconds=_AHEAD)

    @classmethod
    def utcnow(cls) -> Self:
        return super().now(module.UTC).replace(tzinfo=None) + module.timedelta(seconds=_AHEAD)


time.time = lambda: _time() + _AHEAD
time.time_ns = lambda: _time_ns() + int(_AHEAD * 1e9)
module.datetime = _Moved  # type: ignore[misc]
