"""Numbers, counted and measured, without content."""

from __future__ import annotations

import csv
import io
import json

import msgspec
import pytest

from rogatory.node.errors import RefusedInput
from rogatory.node.matters.commands import reply, send_request
from rogatory.node.statistics.cases import Case, cases
from rogatory.node.statistics.figures import DAY, DIMENSIONS, as_csv, figures
from tests.filled import filled
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices


def case(days: float | None = None, **facts: object) -> Case:
    known: dict[str, object] = {
        "direction": "sent",
        "states": ("TZ",),
        "form": "extradition",
        "article": "16",
        "offences": ("Money laundering",),
        "urgency": "routine",
        "outcome": "executed",
        "sent_at": 1000 * DAY,
    }
    made = Case(**known | facts)  # type: ignore[arg-type]
    if days is not None:
        made.reached["executed"] = made.sent_at + days * DAY
    return made


def test_quartiles_of_elapsed_times() -> None:
    (figure,) = figures([case(days) for days in (10, 20, 30, 40, 100)] + [case()], "state")
    assert (figure.value, figure.count) == ("TZ", 6)
    (elapsed,) = figure.elapsed
    assert (elapsed.count, elapsed.lower_quartile, elapsed.median, elapsed.upper_quartile) == (5, 20.0, 30.0, 40.0)


def test_one_request_is_its_own_median() -> None:
    (figure,) = figures([case(12)], "all")
    assert [figure.elapsed[0].lower_quartile, figure.elapsed[0].upper_quartile] == [12.0, 12.0]


def test_a_request_to_two_states_counts_in_both() -> None:
    found = figures([case(states=("TZ", "UG")), case()], "state")
    assert [(figure.value, figure.count) for figure in found] == [("TZ", 2), ("UG", 1)]


def test_only_what_was_sent_in_the_time_counts() -> None:
    assert figures([case()], "all", since=1001 * DAY) == []
    assert figures([case()], "all", until=1000 * DAY) == []
    assert figures([case()], "all", since=1000 * DAY, until=1001 * DAY) != []


def test_a_dimension_that_there_is_not() -> None:
    with pytest.raises(RefusedInput, match="colour"):
        figures([], "colour")


def test_a_table_for_spreadsheets_holds_no_formula() -> None:
    lines = list(csv.reader(io.StringIO(as_csv(figures([case(3, offences=('=HYPERLINK("x")',))], "offence")))))
    assert lines[1][0].startswith("'=")
    assert lines[1][1:] == ["1", "executed", "1", "3.0", "3.0", "3.0"]


def test_both_sides_count_their_requests_without_content(offices: Offices) -> None:
    ke, tz = offices["ke.central"], offices["tz.central"]
    sent = ke.run(send_request, ["tz.central"], BANK_RECORDS)
    ke.run(send_request, ["tz.central"], filled("extradition"))
    offices.settle()
    tz.run(reply, sent.matter, {"outcome": "executed", "text": "Done."})
    offices.settle()
    for office, direction, state in ((ke, "sent", "TZ"), (tz, "received", "KE")):
        found = office.run(lambda tx: list(cases(tx)))
        assert {(each.direction, each.states, each.form) for each in found} == {
            (direction, (state,), "mutual_legal_assistance"),
            (direction, (state,), "extradition"),
        }
        assert {each.outcome for each in found} == {"executed", "received"}
        shown = json.dumps([msgspec.to_builtins(figures(found, by)) for by in DIMENSIONS if by != "offence"])
        assert BANK_RECORDS["subject"] not in shown
        assert "Otieno" not in shown
