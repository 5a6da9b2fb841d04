"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_LAST: Final = 253_402_300_800_000
"""Unix milliseconds of the year 10000."""


def moment_of(milliseconds: int) -> datetime | str:
    """Unix milliseconds, to be said in a reader's own way; outside the calendar a text."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC) if 0 <= milliseconds < _LAST else moment(milliseconds)


def moment(milliseconds: int) -> str:
    """Unix milliseconds, as people read them."""
    if not 0 <= milliseconds < _LAST:
        return f"the time {milliseconds} (out of the calendar)"
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
