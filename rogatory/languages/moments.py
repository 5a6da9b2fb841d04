"""Days and moments as people read them. A moment says its zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from rogatory.languages.catalogues import SOURCE

_SOURCE_DAY: Final = "%Y-%m-%d"
_SOURCE_MOMENT: Final = "%Y-%m-%d %H:%M:%S"


def moment_in(moment: datetime, language: str) -> str:
    """A moment with its zone, to the second. English says it as ISO 8601 does, which every office reads alike."""
    if language == SOURCE:
        zone = moment.tzname() or "UTC"
        return f"{moment:{_SOURCE_MOMENT}}{'Z' if zone == 'UTC' else f' {zone}'}"
    from babel.dates import format_datetime

    return format_datetime(moment, "d MMM y, HH:mm:ss z", tzinfo=moment.tzinfo, locale=language)


def day_in(day: date, language: str) -> str:
    """A day."""
    if language == SOURCE:
        return f"{day:{_SOURCE_DAY}}"
    from babel.dates import format_date

    return format_date(day, "long", locale=language)
