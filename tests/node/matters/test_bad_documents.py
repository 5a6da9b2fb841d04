"""What cannot be sent changes nothing: the database before and after, table by table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from rogatory.node.errors import NodeError
from rogatory.node.matters.commands import reply, send_request
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

KE, TZ = "ke.central", "tz.central"
MEGABYTE = "x" * 1_048_576
HOSTILE = ["\x1b[2J\x1b]0;owned\x07", "safe\u202egpj.exe", "\u2066hidden\u2069", "two\nlines", "\x00", "tag\U000e0041"]
PERSON: dict[str, Any] = {"role": "suspect", "name": "J", "nationalities": []}


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    return {name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))] for name in names}


def refused(office: Office, work: Any, *given: Any) -> NodeError:
    """The error, after which the database is as it was."""
    before = office.store(contents)
    with pytest.raises(NodeError) as error:
        office.run(work, *given)
    assert office.store(contents) == before
    assert str(error.value)
    return error.value


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": ""},
        {"subject": MEGABYTE},
        {"facts": MEGABYTE},
        {"assistance": MEGABYTE},
        {"persons": [PERSON | {"location": MEGABYTE}]},
        {"related": [{"reference": "R", "digest": "ab" * 32, "relation": "supplement"}]},
        {"annexes": [{"name": "../../etc/passwd", "media_type": "text/plain", "size": 1, "sha256": "ab" * 32}]},
        {"annexes": [{"name": "a\u202egpj.exe", "media_type": "text/plain", "size": 1, "sha256": "ab" * 32}]},
        *({"subject": hostile} for hostile in HOSTILE),
        *({"persons": [PERSON | {"name": hostile}]} for hostile in HOSTILE),
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_bad_request_changes_nothing(offices: Offices, changes: dict[str, Any]) -> None:
    error = refused(offices[KE], send_request, [TZ], BANK_RECORDS | changes)
    assert len(str(error)) < 2_000
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    "step",
    [
        {"outcome": "refused"},
        {"outcome": "refused", "text": "No.", "grounds": ["18(21)(b)"]},
        {"outcome": "information_given", "text": "of the other side"},
        {"outcome": "nonsense"},
        {"outcome": "accepted", "text": MEGABYTE},
        {"outcome": "accepted", "reference": "\x1b[2J"},
        {"outcome": "forwarded", "forwarded_to": "court\u202e"},
    ],
    ids=range(7),
)
def test_a_bad_step_changes_nothing(offices: Offices, step: dict[str, Any]) -> None:
    matter = offices[KE].run(send_request, [TZ], BANK_RECORDS).matter
    offices.settle()
    refused(offices[TZ], reply, matter, step)
