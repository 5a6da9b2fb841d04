"""Due dates as they are shown: on both sides' clocks, by whom they are owed, and how they stand."""

from __future__ import annotations

from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from rogatory.node.matters.commands import reply
from rogatory.node.terms.calendar import calendar
from rogatory.node.terms.queries import count_due, list_due
from rogatory.node.terms.views import Standing
from rogatory.node.terms.zones import local_time, zone_of
from rogatory.protocol.life.terms import DAY, end_of
from tests.filled import filled
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices
from tests.node.terms.test_reminding import INFORMATION, KE, TZ, URGENT, at, requested

DEADLINE = {**BANK_RECORDS, "deadline": "2099-10-20", "deadline_reason": "The hearing is on 1 November."}


def test_a_deadline_is_told_in_the_zones_of_both_sides(offices: Offices) -> None:
    offices.simulator.describe(KE, time_zone="Africa/Nairobi")
    offices.simulator.describe(TZ, time_zone="Asia/Kathmandu", contact_24_7="+255 22 211 1999")
    offices.refresh()
    matter = requested(offices, request=DEADLINE)
    for authority in (KE, TZ):
        [deadline] = [each for each in offices[authority].run(list_due, matter) if each.due == "deadline"]
        assert deadline.at == "2099-10-20T23:59:59Z"
        assert [(each.authority, each.at, each.zone) for each in deadline.local] == [
            (KE, "2099-10-21 02:59:59 +03:00", "Africa/Nairobi"),
            (TZ, "2099-10-21 05:44:59 +05:45", "Asia/Kathmandu"),
        ]
        assert deadline.owed_by == [TZ]
        assert deadline.owed_here == (authority == TZ)
        assert deadline.reason == "The hearing is on 1 November."
        assert deadline.contacts == {TZ: "+255 22 211 1999"}
        assert deadline.subject == BANK_RECORDS["subject"]
    assert offices[KE].run(list_due, matter)[-1].reference == BANK_RECORDS["reference"]


def test_a_deadline_at_the_end_of_the_calendar_is_shown_like_any_other(offices: Offices) -> None:
    offices.simulator.describe(KE, time_zone="Africa/Nairobi")
    offices.refresh()
    matter = requested(offices, request=DEADLINE | {"deadline": "9999-12-31"})
    for authority in (KE, TZ):
        [deadline] = [each for each in offices[authority].run(list_due, matter) if each.due == "deadline"]
        assert [each.at for each in deadline.local] == ["9999-01-01 02:59:59 +03:00"]
        assert b"99981231T235959Z" in offices[authority].run(calendar, "en")


def test_an_entry_without_a_zone_is_told_in_utc(offices: Offices) -> None:
    matter = requested(offices)
    assert all(each.local == [] for each in offices[KE].run(list_due, matter))


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Africa/Dakar", ZoneInfo("Africa/Dakar")),
        (" +03:00 ", timezone(timedelta(hours=3))),
        ("UTC-0330", timezone(-timedelta(hours=3, minutes=30))),
        ("GMT+1", timezone(timedelta(hours=1))),
        ("Africa", None),
        ("../etc/passwd", None),
        ("/etc/passwd", None),
        ("nowhere\0", None),
        ("+99:00", None),
        ("East of here", None),
        ("", None),
        (None, None),
    ],
)
def test_what_is_no_zone_is_left_out(name: str | None, zone: object) -> None:
    assert zone_of(name) == zone


def test_a_local_time_says_its_offset() -> None:
    assert local_time(0, timezone(-timedelta(hours=3, minutes=30))) == "1969-12-31 20:30:00 -03:30"


def test_the_overview_runs_over_all_matters_in_the_order_of_time(offices: Offices) -> None:
    requested(offices)
    requested(offices, request=URGENT)
    found = offices[KE].run(list_due)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert [each.urgency for each in found] == ["emergency", "emergency", "routine", "routine"]


def test_what_is_overdue_resting_or_done_is_shown_as_such(offices: Offices) -> None:
    matter = requested(offices, request=URGENT)
    start = offices.now
    at(offices, start + DAY / 2)
    found = {each.due: each for each in offices[KE].run(list_due, matter)}
    assert (found["response"].standing, found["response"].reminded) == (Standing.OVERDUE, "escalation")
    assert (found["answer"].standing, found["answer"].reminded) == (Standing.OPEN, None)
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    found = {each.due: each for each in offices[KE].run(list_due, matter)}
    assert found["answer"].standing is Standing.RESTING
    assert "response" not in found
    ended = {each.due: each for each in offices[KE].run(lambda tx: list_due(tx, matter, ended=True))}
    assert ended["response"].standing is Standing.ENDED
    assert ended["response"].ended_at is not None


def test_the_figures_for_an_alarm_tell_nothing_of_whom(offices: Offices) -> None:
    requested(offices, request=URGENT)
    assert offices[TZ].run(count_due) == {("here", "emergency", "open"): 2}
    offices.now += DAY * 2
    assert offices[TZ].run(count_due) == {("here", "emergency", "overdue"): 2}
    assert offices[KE].run(count_due) == {("there", "emergency", "overdue"): 2}


def test_data_that_went_are_owed_no_longer(offices: Offices) -> None:
    request = {**filled("preservation"), "preserve_until": "2099-01-01"}
    matter = requested(offices, request=request)
    offices.now = float(end_of("2099-01-01") + 1)
    offices[KE].online = offices[TZ].online = False
    assert "preservation" not in {each.due for each in offices[KE].run(list_due, matter)}
    ended = offices[KE].run(lambda tx: list_due(tx, matter, ended=True))
    assert [each.standing for each in ended if each.due == "preservation"] == [Standing.LAPSED]
