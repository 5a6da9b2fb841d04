"""The inbox: ordered, durable, asked for page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.lookup import id_range
from rogatory.node.inbox.queries import MAX_EVENTS, envelope, events, latest_event, show_document, shown_time
from rogatory.node.inbox.recording import record
from rogatory.node.matters.commands import open_consultation
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import open_document
from rogatory.protocol.judgement import RejoinNotice, VoidCode, VoidCommit
from tests.keys.simulator import DirectorySimulator
from tests.node.offices import Office, Offices


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    names = ("ke.central", "tz.central")
    opened = Offices(tmp_path, DirectorySimulator(names), *names)
    yield opened
    opened.close()


@pytest.fixture
def office(offices: Offices) -> Office:
    return offices["ke.central"]


def tell(tx: Tx, count: int) -> None:
    for number in range(count):
        record(tx, EventKind.TROUBLE, f"number {number}", code="fork")


def test_events_come_in_pages_and_in_order(office: Office) -> None:
    assert office.run(latest_event) == 0
    office.run(tell, 5)
    first = office.run(events, 0, 2)
    rest = office.run(events, first[-1].id)
    assert [event.summary for event in first + rest] == [f"number {number}" for number in range(5)]
    assert office.run(latest_event) == rest[-1].id
    assert office.run(events, rest[-1].id) == []


def test_a_page_has_a_limit(office: Office) -> None:
    office.run(tell, MAX_EVENTS + 1)
    assert len(office.run(events, 0, 10**9)) == MAX_EVENTS
    assert office.run(events, 0, -1) == []


def test_a_command_that_fails_tells_nothing(office: Office) -> None:
    def fail(tx: Tx) -> None:
        tell(tx, 1)
        raise RefusedInput("no")

    with pytest.raises(RefusedInput):
        office.run(fail)
    assert office.events() == []


def test_what_channels_report_is_told(office: Office) -> None:
    registry, channel = office.registry, bytes(32)
    void = VoidCommit(VoidCode.NOT_A_PARTY, "ug.central is no party")
    office.run(registry.commit_void, channel, 7, "tz.central", void)
    office.run(registry.rejoin_seen, channel, 8, RejoinNotice("tz.central", bytes(32)))
    office.run(registry.trouble, None, Trouble.FORK, "another log")
    told = [(event.kind, event.code, event.matter, event.author) for event in office.events()]
    assert told == [
        (EventKind.COMMIT_VOID, "not_a_party", "00" * 32, "tz.central"),
        (EventKind.REJOIN, None, "00" * 32, "tz.central"),
        (EventKind.TROUBLE, "fork", None, None),
    ]


def test_an_envelope_can_be_checked_elsewhere(offices: Offices, office: Office) -> None:
    sent = office.run(open_consultation, ["tz.central"], "Vessel", "May we speak of it?")
    document = open_document(office.run(envelope, sent.document), offices.directory.document_keys)
    shown = office.run(show_document, sent.document)
    assert document.digest.hex() == shown.digest
    assert msgspec.json.decode(msgspec.json.encode(shown))["body"]["text"] == "May we speak of it?"
    with pytest.raises(NotFound):
        office.run(envelope, "0" * 32 if sent.document[0] != "0" else "f" * 32)


def test_ids_in_ranges() -> None:
    assert id_range("abc1 ", 3, "document") == (b"\xab\xc1\x00", b"\xab\xc1\xff")
    assert id_range("ABCDE", 3, "document") == (b"\xab\xcd\xe0", b"\xab\xcd\xef")
    for nonsense in ("", "abc", "abcdefa", "wxyz", "ab cd"):
        with pytest.raises(RefusedInput):
            id_range(nonsense, 3, "document")


def test_times_are_utc() -> None:
    assert shown_time(1764000000.25) == "2025-11-24T16:00:00.250Z"
