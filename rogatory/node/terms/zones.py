"""Moments in the time zones of authorities' offices, as their directory entries name them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_OFFSET: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?")


def zone_of(name: str | None) -> tzinfo | None:
    """The zone called so (`Africa/Nairobi`, `+03:00`); None for what is no zone: the directory does not check it."""
    given = (name or "").strip()
    found = _OFFSET.fullmatch(given)
    if found is not None:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-offset if found[1] == "-" else offset) if offset < timedelta(days=1) else None
    try:
        return ZoneInfo(given) if given else None
    except (KeyError, ValueError, OSError):  # unknown; no name of a zone; the name of a folder of zones
        return None


def local_time(seconds: int, zone: tzinfo) -> str:
    """A moment as the clock on the wall shows it there, with the offset from UTC: `2026-10-20 02:59:59 +03:00`."""
    there = moment_of(seconds).astimezone(zone)
    return f"{there:%Y-%m-%d %H:%M:%S} {there.isoformat()[-6:]}"


def moment_of(seconds: int) -> datetime:
    """Unix seconds in UTC."""
    return datetime.fromtimestamp(seconds, UTC)
