"""The calendar file, read back: one event for each due date, which moves and is cancelled, and tells little."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from icalendar import Calendar

from rogatory.node.matters.commands import reply
from rogatory.node.terms.calendar import calendar
from rogatory.protocol.documents import timestamp
from rogatory.protocol.life.terms import WEEK
from tests.filled import filled
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices
from tests.node.terms.test_reminding import ACCEPTED, INFORMATION, KE, TZ, requested

CONFIDENTIAL: dict[str, Any] = {**BANK_RECORDS, "confidentiality": {"reason": "The suspect must not know."}}


def events(office: Office, language: str = "en") -> dict[str, Any]:
    """By what they say, without what comes after a comma."""
    found = Calendar.from_ical(office.run(calendar, language))
    assert isinstance(found, Calendar)
    assert found["VERSION"] == "2.0"
    return {str(event["SUMMARY"]).split(",")[0]: event for event in found.walk("VEVENT")}


def test_each_due_date_is_an_event_with_alarms(offices: Offices) -> None:
    matter = requested(offices)
    found = events(offices[KE])
    assert set(found) == {"acknowledgement", "response", "answer"}
    event = found["response"]
    assert event["SUMMARY"] == f"response, owed by {TZ}: {BANK_RECORDS['reference']}"
    assert event.start.tzname() == "UTC"
    assert event["STATUS"] == "CONFIRMED"
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [-timedelta(seconds=WEEK), timedelta(0)]
    year = timestamp(int(offices.now))[:4]
    assert events(offices[TZ])["answer"]["SUMMARY"] == f"answer, owed here to {KE}: TZ.CENTRAL/{year}/00001"
    assert matter not in offices[KE].run(calendar, "en").decode()


def test_what_was_met_is_cancelled_under_the_same_uid(offices: Offices) -> None:
    matter = requested(offices)
    before = events(offices[KE])
    offices[TZ].run(reply, matter, ACCEPTED)
    offices.settle()
    after = events(offices[KE])
    assert {name: event["UID"] for name, event in before.items()} == {
        name: event["UID"] for name, event in after.items()
    }
    assert (before["response"]["STATUS"], after["response"]["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert after["response"]["SEQUENCE"] == before["response"]["SEQUENCE"] + 1
    assert after["answer"]["SEQUENCE"] == before["answer"]["SEQUENCE"]
    assert len({event["UID"] for event in after.values()}) == 3


def test_what_moved_counts_on(offices: Offices) -> None:
    matter = requested(offices)
    before = events(offices[KE])["answer"]
    offices[TZ].run(reply, matter, INFORMATION)
    offices.settle()
    offices.now += WEEK
    offices[KE].run(reply, matter, {"outcome": "information_given", "text": "That one."})
    offices.settle()
    after = events(offices[KE])["answer"]
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after.start > before.start


def test_a_file_made_twice_is_the_same(offices: Offices) -> None:
    requested(offices)
    first = offices[KE].run(calendar, "en")
    offices.now += 100
    assert offices[KE].run(calendar, "en") == first


def test_nothing_of_the_content_leaves_the_database(offices: Offices) -> None:
    request = {**filled("preservation"), "subject": "Account of John Doe", "reference": "KE/1", "facts": "Secret."}
    requested(offices, request=request)
    for authority in (KE, TZ):
        found = offices[authority].run(calendar, "en").decode()
        for word in ("John Doe", "Secret", "CONTACT", "ATTENDEE", "ORGANIZER", "LOCATION"):
            assert word not in found
    assert "KE/1" in offices[KE].run(calendar, "en").decode()
    assert "KE/1" not in offices[TZ].run(calendar, "en").decode()


def test_a_confidential_request_is_named_by_its_matter_alone(offices: Offices) -> None:
    matter = requested(offices, request=CONFIDENTIAL)
    for authority in (KE, TZ):
        found = offices[authority].run(calendar, "en").decode()
        assert matter[:12] in found
        for word in (KE, TZ, BANK_RECORDS["reference"], "TZ.CENTRAL", "suspect", matter):
            assert word not in found


def test_a_step_can_make_a_matter_confidential_too(offices: Offices) -> None:
    matter = requested(offices)
    assert BANK_RECORDS["reference"] in offices[KE].run(calendar, "en").decode()
    offices[TZ].run(reply, matter, {**ACCEPTED, "confidentiality": {"reason": "An ongoing case."}})
    offices.settle()
    assert BANK_RECORDS["reference"] not in offices[KE].run(calendar, "en").decode()
