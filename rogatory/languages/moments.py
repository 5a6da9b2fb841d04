"""Days and moments as people read them. A moment says its zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from rogatory.languages.catalogues import SOURCE

_SOURCE_DAY: Final = "%Y-%m-%d"
_SOURCE_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_MOMENT: Final = "d MMM y, HH:mm:ss"
_RIGHT_TO_LEFT_MARK: Final = "\u200f"
"""Not needed where a moment stands in an isolate of its own."""


def moment_in(moment: datetime, language: str) -> str:
    """A moment with its zone, to the second. English says it as ISO 8601 does, which every office reads alike."""
    zone = moment.tzname() or "UTC"
    if language == SOURCE:
        return f"{moment:{_SOURCE_MOMENT}}{'Z' if zone == 'UTC' else f' {zone}'}"
    from babel.dates import format_datetime

    told = format_datetime(moment, _MOMENT, tzinfo=moment.tzinfo, locale=language)
    return f"{told.replace(_RIGHT_TO_LEFT_MARK, '')} {zone}"


def day_in(day: date, language: str) -> str:
    """A day."""
    if language == SOURCE:
        return f"{day:{_SOURCE_DAY}}"
    from babel.dates import format_date

    return format_date(day, "long", locale=language)
