"""What is due when, and which reminders have effect: each row of the tables, and what holds for any course."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.documents import (
    FORMS,
    Contemplated,
    DocumentReceipt,
    DocumentRef,
    Due,
    Ground,
    Outcome,
    Payload,
    Reminder,
    ReminderStage,
    Reply,
    Urgency,
    document_digest,
    template_of,
    timestamp,
)
from rogatory.protocol.documents.registry import encode_payload
from rogatory.protocol.life.course import advance, begin, may_take
from rogatory.protocol.life.reminders import TOLERANCE, check_reminder, compose_reminder, next_stage, stages_of
from rogatory.protocol.life.table import IllegalStep, Role
from rogatory.protocol.life.terms import DAY, HOUR, LATEST, TARGETS, WEEK, DueDate, Logged, due_dates, end_of
from tests.protocol.examples import payload

KE, TZ = "ke.central", "tz.central"
START = 1_790_000_000
UPCOMING, DUE, ESCALATION = ReminderStage.UPCOMING, ReminderStage.DUE, ReminderStage.ESCALATION


class Matter:
    """A request of Kenya to Tanzania and what followed, as the log has it."""

    def __init__(self, form: str = "mutual_legal_assistance", **changes: Any) -> None:
        body = msgspec.convert({**template_of(form), **changes}, FORMS[form])
        self.log = [_logged(payload(body, message_id=bytes(16)), START)]
        self.course = begin(self.log[0].payload, self.log[0].digest)

    def receive(self, at: int) -> None:
        ref = DocumentRef(id=self.course.request, digest=self.course.first.hex())
        body = DocumentReceipt(document=ref, seq=2, head="ab" * 32, received_at="2026-01-01T00:00:00Z")
        self._add(TZ, body, at)

    def take(self, author: str, outcome: Outcome, at: int, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "request": DocumentRef(id=self.course.request, digest=self.course.first.hex()),
            "previous": self.log[-1 if isinstance(self.log[-1].payload.body, Reply) else 0].digest.hex(),
            "outcome": outcome,
            "text": "said",
            "language": "en",
        }
        if outcome is Outcome.CONSULTATION:
            fields["contemplates"] = Contemplated.POSTPONEMENT
        self._add(author, Reply(**fields | changes), at)

    def open(self) -> dict[Due, DueDate]:
        return {date.due: date for date in due_dates(self.log) if date.ended_at is None}

    def _add(self, author: str, body: Any, at: int) -> None:
        other = KE if author == TZ else TZ
        said = payload(body, author=author, addressees=(other,), message_id=len(self.log).to_bytes(16, "big"))
        self.log.append(_logged(said, at))


def _logged(said: Payload, at: int) -> Logged:
    return Logged(said, document_digest(encode_payload(said)), at)


def reminder(matter: Matter, date: DueDate, stage: ReminderStage) -> Reminder:
    return compose_reminder(matter.course, date, stage, ())


@pytest.mark.parametrize(
    ("urgency", "acknowledgement", "response", "answer"),
    [("routine", WEEK, 4 * WEEK, 12 * WEEK), ("urgent", DAY, 3 * DAY, 10 * DAY), ("emergency", HOUR, 4 * HOUR, DAY)],
)
def test_a_request_sets_targets_by_its_urgency(urgency: str, acknowledgement: int, response: int, answer: int) -> None:
    dates = due_dates(Matter(urgency=urgency).log)
    assert {date.due: date.at - START for date in dates} == {
        Due.ACKNOWLEDGEMENT: acknowledgement,
        Due.RESPONSE: response,
        Due.ANSWER: answer,
    }
    assert {(date.owed_by, date.debtors, date.reminder) for date in dates} == {(Role.REQUESTED, (TZ,), KE)}


def test_a_relay_whose_clock_stands_at_the_end_of_the_calendar_sets_no_date_beyond_it() -> None:
    matter = Matter()
    matter.receive(LATEST - 10)
    matter.take(TZ, Outcome.INFORMATION_REQUESTED, LATEST)
    assert matter.open()[Due.INFORMATION].at == LATEST
    for date in due_dates(matter.log):
        assert all(timestamp(at + DAY) for at in (date.at, *(moment for _, moment in stages_of(date))))


def test_each_is_met_by_what_was_owed() -> None:
    matter = Matter()
    matter.receive(START + 10)
    assert set(matter.open()) == {Due.RESPONSE, Due.ANSWER}
    matter.take(TZ, Outcome.UNDER_REVIEW, START + 20)
    assert set(matter.open()) == {Due.RESPONSE, Due.ANSWER}
    matter.take(TZ, Outcome.ACCEPTED, START + 30)
    assert set(matter.open()) == {Due.ANSWER}
    matter.take(TZ, Outcome.EXECUTED, START + 40)
    matter.take(TZ, Outcome.ANSWERED, START + 50)
    assert matter.open() == {}
    assert [date.ended_at for date in due_dates(matter.log)] == [START + 10, START + 30, START + 50]


def test_a_suggested_deadline_takes_the_place_of_the_target() -> None:
    dates = Matter(deadline="2027-02-01", deadline_reason="The hearing.").open()
    assert set(dates) == {Due.ACKNOWLEDGEMENT, Due.RESPONSE, Due.DEADLINE}
    assert dates[Due.DEADLINE].at == end_of("2027-02-01")
    assert timestamp(dates[Due.DEADLINE].at) == "2027-02-01T23:59:59Z"
    assert dates[Due.DEADLINE].reason == "The hearing."


def test_what_is_asked_back_is_owed_by_the_requesting_side_and_the_answer_rests_meanwhile() -> None:
    matter = Matter()
    before = matter.open()[Due.ANSWER].at
    matter.take(TZ, Outcome.INFORMATION_REQUESTED, START + DAY)
    dates = matter.open()
    assert dates[Due.INFORMATION].debtors == (KE,)
    assert dates[Due.INFORMATION].reminder == TZ
    assert dates[Due.ANSWER].resting
    assert stages_of(dates[Due.ANSWER]) == ()
    matter.take(KE, Outcome.INFORMATION_GIVEN, START + 8 * DAY)
    dates = matter.open()
    assert set(dates) == {Due.ANSWER}
    assert not dates[Due.ANSWER].resting
    assert dates[Due.ANSWER].at == before + 7 * DAY


def test_asked_twice_only_the_last_question_counts() -> None:
    matter = Matter()
    matter.take(TZ, Outcome.INFORMATION_REQUESTED, START + DAY)
    matter.take(TZ, Outcome.INFORMATION_REQUESTED, START + 2 * DAY)
    assert matter.open()[Due.INFORMATION].since == START + 2 * DAY
    assert [date.ended_at for date in due_dates(matter.log) if date.due is Due.INFORMATION] == [START + 2 * DAY, None]


def test_a_postponement_until_a_day_is_due_on_that_day() -> None:
    matter = Matter()
    matter.take(TZ, Outcome.CONSULTATION, START + 1)
    assert matter.open()[Due.CONSULTATION].debtors == (KE,)
    matter.take(TZ, Outcome.POSTPONED, START + 2, until="2027-03-01", grounds=(Ground.INTERFERES_WITH_PROCEEDINGS,))
    dates = matter.open()
    assert set(dates) == {Due.ANSWER, Due.RESUMPTION}
    assert dates[Due.RESUMPTION].at == end_of("2027-03-01")
    matter.take(TZ, Outcome.IN_EXECUTION, START + DAY)
    assert set(matter.open()) == {Due.ANSWER}


def preservation() -> Matter:
    accounts = [
        {"provider": "P", "identifier": "a", "retention_ends": "2026-11-01"},
        {"provider": "P", "identifier": "b", "retention_ends": "2026-10-20"},
        {"provider": "Q", "identifier": "c"},
    ]
    return Matter("preservation", accounts=accounts, preserve_until="2026-12-31")


def test_an_extension_moves_the_end_of_a_preservation() -> None:
    matter = preservation()
    first = matter.open()[Due.PRESERVATION]
    assert (first.debtors, first.reminder, first.at) == ((KE,), TZ, end_of("2026-12-31"))
    matter.take(KE, Outcome.EXTENSION_ASKED, START + DAY, until="2027-03-31")
    assert matter.open()[Due.EXTENSION].debtors == (TZ,)
    assert matter.open()[Due.PRESERVATION] == first
    matter.take(TZ, Outcome.EXTENDED, START + 2 * DAY, until="2027-02-28")
    assert Due.EXTENSION not in matter.open()
    moved = matter.open()[Due.PRESERVATION]
    assert moved == replace(first, at=end_of("2027-02-28"))


def test_a_preservation_outlives_the_answer_and_ends_with_a_withdrawal() -> None:
    for last, left in ((Outcome.ANSWERED, {Due.PRESERVATION}), (Outcome.NO_LONGER_REQUIRED, set())):
        matter = preservation()
        matter.take(TZ, Outcome.EXECUTED, START + 1)
        matter.take(TZ if last is Outcome.ANSWERED else KE, last, START + 2)
        assert set(matter.open()) == left


def test_each_end_of_retention_is_told_and_the_escalation_comes_before_it() -> None:
    found = [date for date in due_dates(preservation().log) if date.due is Due.RETENTION]
    assert [date.at for date in found] == [end_of("2026-10-20"), end_of("2026-11-01")]
    assert len({date.name for date in found}) == 2
    for date in found:
        stages = stages_of(date)
        assert [stage for stage, _ in stages] == [UPCOMING, ESCALATION, DUE]
        assert [at for _, at in stages] == sorted(at for _, at in stages)
        assert stages[-1][1] == date.at


def test_a_further_use_is_owed_by_the_other_side_also_after_the_end() -> None:
    matter = Matter()
    matter.take(TZ, Outcome.EXECUTED, START + 1)
    matter.take(TZ, Outcome.ANSWERED, START + 2)
    matter.take(KE, Outcome.USE_ASKED, START + 3)
    assert {due: date.debtors for due, date in matter.open().items()} == {Due.FURTHER_USE: (TZ,)}
    matter.take(TZ, Outcome.USE_ALLOWED, START + 4)
    assert matter.open() == {}


def test_spontaneous_information_is_only_to_be_acknowledged() -> None:
    assert set(Matter("spontaneous_information").open()) == {Due.ACKNOWLEDGEMENT}


def test_the_closing_ends_everything() -> None:
    dates = due_dates(Matter().log, closed_at=START + 5)
    assert {date.ended_at for date in dates} == {START + 5}


def test_a_matter_without_a_request_has_no_due_dates() -> None:
    assert due_dates([]) == ()


def test_stages_come_before_at_and_after_the_date() -> None:
    date = Matter(urgency="emergency").open()[Due.ANSWER]
    moments = dict(stages_of(date))
    assert moments == {UPCOMING: date.at - HOUR // 2, DUE: date.at, ESCALATION: date.at + HOUR}
    short = replace(date, at=date.since + 100)
    assert dict(stages_of(short))[UPCOMING] == short.at - 25


def test_nobody_is_reminded_of_a_day_that_had_passed_when_it_was_named() -> None:
    assert stages_of(Matter(deadline="2020-01-01", deadline_reason="Late.").open()[Due.DEADLINE]) == ()


class TestReminders:
    """Which reminders have effect."""

    def setup_method(self) -> None:
        self.matter = Matter()
        self.dates = due_dates(self.matter.log)
        self.date = self.dates[0]
        self.moments = dict(stages_of(self.date))

    def check(self, stage: ReminderStage, at: int, *, author: str = KE, said: list[Reminder] | None = None) -> DueDate:
        return check_reminder(reminder(self.matter, self.date, stage), author, at, self.dates, said or [])

    def test_one_at_its_time_has_effect(self) -> None:
        for stage in (UPCOMING, DUE, ESCALATION):
            assert self.check(stage, self.moments[stage]) == self.date
            assert self.check(stage, self.moments[stage] - TOLERANCE) == self.date

    @pytest.mark.parametrize("stage", list(ReminderStage))
    def test_one_before_its_time_has_none(self, stage: ReminderStage) -> None:
        with pytest.raises(IllegalStep, match="before its time"):
            self.check(stage, self.moments[stage] - TOLERANCE - 1)

    def test_only_the_side_that_asked_reminds(self) -> None:
        with pytest.raises(IllegalStep, match=KE):
            self.check(DUE, self.date.at, author=TZ)

    def test_each_stage_is_said_once_and_none_after_a_later_one(self) -> None:
        said = [reminder(self.matter, self.date, DUE)]
        for stage in (UPCOMING, DUE):
            with pytest.raises(IllegalStep, match="before"):
                self.check(stage, self.date.at + WEEK, said=said)
        self.check(ESCALATION, self.date.at + WEEK, said=said)

    def test_what_was_met_is_not_reminded_of(self) -> None:
        said = reminder(self.matter, self.date, DUE)
        self.matter.receive(self.date.at - 1)
        with pytest.raises(IllegalStep, match="was done"):
            check_reminder(said, KE, self.date.at, due_dates(self.matter.log), [])

    def test_a_date_that_the_matter_does_not_have(self) -> None:
        said = msgspec.structs.replace(reminder(self.matter, self.date, DUE), at="2030-01-01T00:00:00Z")
        with pytest.raises(IllegalStep, match="does not have"):
            check_reminder(said, KE, self.date.at, self.dates, [])

    def test_a_date_that_moved_begins_anew(self) -> None:
        said = [reminder(self.matter, self.date, ESCALATION)]
        assert next_stage(self.date, said) == ()
        moved = replace(self.date, at=self.date.at + DAY)
        assert next_stage(moved, said) == stages_of(moved)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_steps_are_taken_the_dates_are_sound(data: st.DataObject) -> None:
    """Names are unique, open dates belong to the state, and a prefix of the log never forgets what was set."""
    matter = Matter(data.draw(st.sampled_from(["mutual_legal_assistance", "preservation", "stored_data"])))
    at = START
    names: list[str] = []
    course = matter.course
    for _ in range(data.draw(st.integers(0, 8))):
        at += data.draw(st.integers(0, 30 * DAY))
        author = data.draw(st.sampled_from([KE, TZ]))
        outcomes = may_take(course, author)
        if not outcomes:
            continue
        outcome = data.draw(st.sampled_from(outcomes))
        matter.take(author, outcome, at, until="2027-06-30")
        step = matter.log[-1].payload.body
        assert isinstance(step, Reply)
        course = advance(course, author, step, matter.log[-1].digest)
        dates = due_dates(matter.log)
        assert [date.name for date in dates][: len(names)] == names
        names = [date.name for date in dates]
        assert len(set(names)) == len(names)
        for date in dates:
            assert set(date.debtors).isdisjoint({date.reminder})
            assert date.ended_at is None or START <= date.ended_at <= at
            stages = stages_of(date)
            assert all(date.since <= moment for _, moment in stages)
            assert [moment for _, moment in stages] == sorted(moment for _, moment in stages)
        kinds = [date.due for date in dates if date.ended_at is None and date.due is not Due.RETENTION]
        assert len(kinds) == len(set(kinds))


def test_every_urgency_has_targets_in_order() -> None:
    assert set(TARGETS) == set(Urgency)
    for targets in TARGETS.values():
        assert 0 < targets.acknowledgement < targets.response < targets.answer
