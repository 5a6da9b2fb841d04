"""How fast files travel, and when large ones do: a link is for messages first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rogatory.protocol.text import message

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each day by this computer's clock, as 20:00-06:00; the same time twice is the whole day."""

    begin: int
    end: int
    """Minutes after midnight."""

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Raises ValueError."""
        found = _HOURS.fullmatch(text)
        if found is None:
            raise ValueError(message("{text} is no part of a day: write it like 20:00-06:00", text=repr(text)))
        numbers = [int(number) for number in found.groups()]
        return cls(numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3])

    def open_at(self, moment: datetime) -> bool:
        """Whether `moment` (local time) lies within."""
        minute = moment.hour * 60 + moment.minute
        if self.begin < self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end

    def next_opening(self, moment: datetime) -> datetime:
        """When it begins next, `moment` itself if that lies within."""
        if self.open_at(moment):
            return moment
        opening = moment.replace(hour=self.begin // 60, minute=self.begin % 60, second=0, microsecond=0)
        return opening if opening > moment else opening + DAY


class Pace:
    """Bytes of all files together: `rate` a second, 0 for as fast as it goes."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = 0.0

    def take(self, count: int, now: float) -> float:
        """For how many seconds to wait after `count` bytes at `now` (monotonic seconds)."""
        if self._rate <= 0:
            return 0.0
        self._free_at = max(self._free_at, now) + count / self._rate
        return self._free_at - now
