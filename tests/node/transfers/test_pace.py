"""How fast files travel, and at which hours."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.node.transfers.pace import Hours, Pace

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 local time
MINUTES = st.integers(0, 24 * 60 - 1)


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 11, 23, hour, minute)  # noqa: DTZ001 local time


def test_a_night_reaches_over_midnight() -> None:
    night = Hours.parse("20:00-06:00")
    assert [night.open_at(at(*time)) for time in ((19, 59), (20, 0), (0, 0), (5, 59), (6, 0))] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert night.next_opening(at(12, 30)) == at(20, 0)
    assert night.next_opening(at(23, 0)) == at(23, 0)


def test_a_part_of_the_day_begins_again_the_next_one() -> None:
    lunch = Hours.parse("12:00-13:30")
    assert lunch.open_at(at(13, 29))
    assert lunch.next_opening(at(13, 30)) == datetime(2026, 11, 24, 12, 0)  # noqa: DTZ001


@given(MINUTES, MINUTES, MOMENTS)
def test_the_next_opening_is_open_and_within_a_day(begin: int, end: int, moment: datetime) -> None:
    hours = Hours(begin, end)
    opening = hours.next_opening(moment)
    assert hours.open_at(opening)
    assert 0 <= (opening - moment).total_seconds() <= 24 * 3600


@pytest.mark.parametrize("text", ["", "20-06", "24:00-06:00", "20:00-06:60", "20:00 - 06:00", "8:00-9:00"])
def test_what_is_no_part_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="20:00-06:00"):
        Hours.parse(text)


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=50), st.integers(100, 1_000_000))
def test_no_more_than_the_rate_gets_through(counts: list[int], rate: int) -> None:
    pace, now = Pace(rate), 1000.0
    for count in counts:
        now += pace.take(count, now)
    assert (now - 1000.0) * rate == pytest.approx(sum(counts))


def test_without_a_rate_nothing_waits() -> None:
    assert Pace(0).take(1 << 40, 0.0) == 0.0
