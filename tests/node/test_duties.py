"""What a node does by itself in each of its matters: one that it fails in stops neither the others nor the node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from rogatory.node.channels.trouble import Trouble
from rogatory.node.duties import LATER, TOLD_AGAIN, Duty, attempt, left_alone
from rogatory.node.errors import DamagedStore
from rogatory.node.evidences.stating import GATHER, Terms
from rogatory.node.inbox.events import EventKind
from rogatory.node.matters.commands import send_request
from rogatory.node.matters.queries import documents_in
from rogatory.node.registry import Registry
from rogatory.node.store import counters, due_dates, evidences
from rogatory.node.store.documents import documents_of
from rogatory.node.store.due_dates import DueRow
from rogatory.node.store.evidences import Opening
from rogatory.node.store.prepared import remembered
from rogatory.node.terms.deriving import date_of
from rogatory.node.transaction import Tx
from tests.keys.simulator import DirectorySimulator
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

KE, TZ = "ke.central", "tz.central"


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    opened = Offices(tmp_path, DirectorySimulator((KE, TZ)), KE, TZ)
    yield opened
    opened.close()


def requested(offices: Offices) -> bytes:
    """A request that both sides have."""
    sent = offices[KE].run(send_request, [TZ], BANK_RECORDS)
    offices.settle()
    return bytes.fromhex(sent.matter)


def kinds(office: Office, matter: bytes, kind: str) -> int:
    """How many documents of a kind the matter has."""
    return sum(view.kind == kind for view in office.run(documents_in, matter.hex()))


def troubles(office: Office) -> list[tuple[str | None, str | None]]:
    """(matter, code) of the troubles told."""
    return [(event.matter, event.code) for event in office.events(EventKind.TROUBLE)]


def response(office: Office, matter: bytes) -> DueRow:
    """When the request is to be responded to."""
    return next(row for row in office.store(due_dates.of, matter) if row.name.startswith("response "))


def spoil(office: Office, matter: bytes) -> DueRow:
    """Have the reminder of the response refer to what is no document's id; gives the row as it was."""
    row = response(office, matter)
    date = date_of(row)
    spoilt = replace(date, set_by=msgspec.structs.replace(date.set_by, id="no id"))
    office.store(due_dates.put, replace(row, date=msgspec.json.encode(spoilt), remind_at=row.at))
    return row


def test_a_reminder_that_fails_stays_with_its_matter(offices: Offices) -> None:
    poisoned, sound = requested(offices), requested(offices)
    before = spoil(offices[KE], poisoned)
    offices.now = before.at + 60.0
    offices[KE].run(nothing)
    offices.settle()
    assert kinds(offices[TZ], sound, "reminder") == 1
    assert kinds(offices[TZ], poisoned, "reminder") == 0
    assert troubles(offices[KE]) == [(poisoned.hex(), Trouble.DUTY)]


def test_it_is_tried_again_later_and_told_once(offices: Offices) -> None:
    poisoned = requested(offices)
    before = spoil(offices[KE], poisoned)
    offices.now = before.at + 60.0
    for _ in range(3):
        offices[KE].run(nothing)
        wake_at = offices[KE].wake_at
        assert wake_at is not None
        assert wake_at > offices.now
        offices.now += LATER + 1
    assert troubles(offices[KE]) == [(poisoned.hex(), Trouble.DUTY)]
    offices[KE].store(due_dates.put, replace(response(offices[KE], poisoned), date=before.date))
    offices.now += LATER + 1
    offices[KE].run(nothing)
    offices.settle()
    assert kinds(offices[TZ], poisoned, "reminder") == 1


def test_evidences_that_cannot_be_signed_stay_with_their_matter(offices: Offices) -> None:
    offices[TZ].registry = Registry(terms=Terms(names_officers=True))
    poisoned, sound = requested(offices), requested(offices)
    for matter, officer in ((poisoned, "x" * 100_000), (sound, "D. Mushi")):
        request = next(row for row in offices[TZ].store(documents_of, matter) if row.kind.startswith("request"))
        offices[TZ].store(evidences.put_opening, Opening(request.row, offices.now, officer), offices.now + GATHER)
    offices.now += GATHER
    for _ in range(2):
        offices[TZ].run(nothing)
        offices.settle()
    assert kinds(offices[KE], sound, "evidence") == 1
    assert kinds(offices[KE], poisoned, "evidence") == 0
    assert troubles(offices[TZ]) == [(poisoned.hex(), Trouble.DUTY)]
    later = offices[TZ].store(evidences.next_opening)
    assert later is not None
    assert later > offices.now


def test_what_a_duty_wrote_before_it_failed_is_undone_and_the_rest_stands(offices: Offices) -> None:
    def chokes(tx: Tx) -> None:
        counters.set_number(tx.connection, "half done", 1)
        remembered(tx.connection, "half done")["known"] = 1
        raise OverflowError("no word of this reaches the log")

    def work(tx: Tx) -> None:
        counters.set_number(tx.connection, "before", 1)
        for _ in range(2):
            attempt(tx, Duty.REFRESH, None, lambda: chokes(tx), left_alone)
        assert not remembered(tx.connection, "half done")
        counters.set_number(tx.connection, "after", 1)

    offices[KE].run(work)
    found = [offices[KE].store(counters.get_number, name) for name in ("before", "half done", "after")]
    assert found == [1, None, 1]
    assert troubles(offices[KE]) == [(None, Trouble.DUTY)]
    offices.now += TOLD_AGAIN + 1
    offices[KE].run(work)
    assert len(troubles(offices[KE])) == 2


def test_the_log_names_the_place_and_nothing_of_the_data(offices: Offices, capsys: pytest.CaptureFixture[str]) -> None:
    offices[KE].run(lambda tx: attempt(tx, Duty.REFRESH, bytes(32), _choke, left_alone))
    said = capsys.readouterr().out
    assert "duty_failed" in said
    assert f"{__name__}:" in said
    assert "Juma" not in said


def test_a_database_that_fails_is_no_fault_of_a_duty(offices: Offices) -> None:
    def full() -> None:
        raise DamagedStore("the disk is full")

    with pytest.raises(DamagedStore):
        offices[KE].run(lambda tx: attempt(tx, Duty.REFRESH, None, full, left_alone))


def nothing(tx: Tx) -> None:
    """Nothing but what falls due."""


def _choke() -> None:
    raise ValueError("Juma's account")
