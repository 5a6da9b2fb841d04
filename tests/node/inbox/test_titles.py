"""One line for each kind of document."""

from __future__ import annotations

import pytest

from rogatory.node.inbox.titles import MAX_TITLE, title_of
from rogatory.protocol.documents import (
    KINDS,
    Amendment,
    Announcement,
    Body,
    Charter,
    Closing,
    Consultation,
    DocumentReceipt,
    DocumentRef,
    Due,
    Evidence,
    Leave,
    MutualLegalAssistance,
    Objection,
    Outcome,
    Purpose,
    Reminder,
    ReminderStage,
    Reply,
    Stated,
    Statement,
    Wording,
    compose,
    rejoin,
)

REF = DocumentRef(id="ab" * 16, digest="cd" * 32)
OPENED = Statement(document=REF, stated=Stated.RETRIEVAL, authority="ke.central", at="2026-05-01T00:00:00Z")
TITLES: list[tuple[Body, str]] = [
    (
        Charter(purpose=Purpose.MATTER, subject="Vessel", home_relay="relay.one", parties=("ke.central", "tz.central")),
        "Vessel",
    ),
    (
        MutualLegalAssistance(reference="1", subject="Bank records", language="en"),
        "Bank records",
    ),
    (
        Reply(request=REF, previous=REF.digest, outcome=Outcome.PARTLY_EXECUTED, text="Half.", language="en"),
        "partly executed: Half.",
    ),
    (Reply(request=REF, previous=REF.digest, outcome=Outcome.ACCEPTED, language="en"), "accepted"),
    (Consultation(text="First line.\nSecond line.", language="en"), "First line."),
    (Announcement(network="casc", wordings=(Wording(language="ru", title="Встреча", text="В мае."),)), "Встреча"),
    (Amendment(charter="ab" * 32, adds=("ug.central",), reason="needed"), "adds ug.central: needed"),
    (
        DocumentReceipt(document=REF, seq=1, head="ab" * 32, received_at="2026-05-01T00:00:00Z", reference="7"),
        "received under reference 7",
    ),
    (DocumentReceipt(document=REF, seq=1, head="ab" * 32, received_at="2026-05-01T00:00:00Z"), "received"),
    (Objection(document=REF, reason="too late"), "has no effect: too late"),
    (
        Reminder(request=REF, due=Due.FURTHER_USE, set_by=REF, at="2026-05-01T12:00:00Z", stage=ReminderStage.UPCOMING),
        "upcoming: further use due 2026-05-01 12:00:00 UTC",
    ),
    (Evidence(statements=(OPENED,)), "states one thing of a document"),
    (Leave(reason="done"), "leaves: done"),
    (Leave(), "leaves"),
    (Closing(reason="done"), "closes the matter: done"),
    (Closing(), "closes the matter"),
    (rejoin(b"\x00", 0, b"\xab" * 32, (1, bytes(32))), "rejoin"),
]


def title(body: Body) -> str:
    return title_of(
        compose(
            body,
            author="ke.central",
            key_set=1,
            addressees=["tz.central"],
            channel=bytes(32),
            message_id=bytes(16),
            written_at=0,
        )
    )


@pytest.mark.parametrize(("body", "expected"), TITLES)
def test_title(body: Body, expected: str) -> None:
    assert title(body) == expected


def test_no_kind_is_forgotten() -> None:
    assert {body.KIND for body, _ in TITLES} == set(KINDS)


def test_a_title_is_one_short_line() -> None:
    shown = title(Consultation(text=" \n" + "a b\t" * 1000, language="en"))
    assert len(shown) <= MAX_TITLE
    assert shown.startswith("a b a b")
    assert "\n" not in shown
    assert "\t" not in shown
