"""Use limits stay with what they limit: where a request is forwarded, printed, shared and exported."""

from __future__ import annotations

from typing import Any

import pytest

from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.matters.commands import add_party, agree, open_consultation, reply, send_request, share
from rogatory.node.matters.handing_on import letter_to_hand_on
from rogatory.node.matters.queries import documents_in, list_amendments, show_matter
from tests.data.letters import request_of
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
LIMITED: dict[str, Any] = BANK_RECORDS | {
    "use_limits": {"handling": ["H1", "H3"], "text": "Only for the case named."},
    "confidentiality": {"reason": "The suspect is at large."},
}
LINES = [
    "HANDLING H1, H3 (set by ke.central)",
    "USE LIMITS (set by ke.central): Only for the case named.",
    "CONFIDENTIAL, asks ke.central (UNTOC 18(20)): The suspect is at large.",
]
FORWARDED: dict[str, Any] = {"outcome": "forwarded", "forwarded_to": "The court of Tanga"}


def asked(offices: Offices, fields: dict[str, Any]) -> str:
    matter = offices[KE].run(send_request, [TZ], fields, insist=True).matter
    offices.settle()
    return matter


def forwarded(offices: Offices, matter: str, **fields: Any) -> dict[str, Any]:
    """Forward the request; gives the signed step's body."""
    sent = offices[TZ].run(reply, matter, FORWARDED | fields)
    offices.settle()
    step = next(each for each in offices[KE].run(documents_in, matter) if each.id == sent.document)
    assert step.void is None
    if step.limits:
        assert all("forwarded to The court of Tanga with this limit" in line for line in step.limits)
    return step.body


def test_the_step_that_forwards_carries_the_requests_limits(offices: Offices) -> None:
    body = forwarded(offices, asked(offices, LIMITED))
    assert body["use_limits"] == {"handling": ("H1", "H3"), "text": "Only for the case named."}
    assert body["confidentiality"] == {"reason": "The suspect is at large."}


def test_own_limits_are_added_and_none_is_taken_away(offices: Offices) -> None:
    own = {"use_limits": {"handling": ["H0"], "text": "Not outside the registry."}}
    body = forwarded(offices, asked(offices, LIMITED), **own)
    assert body["use_limits"]["handling"] == ("H0", "H1", "H3")
    assert body["use_limits"]["text"].splitlines() == ["Not outside the registry.", "Only for the case named."]


def test_limits_of_what_was_told_later_are_kept_too(offices: Offices) -> None:
    matter = asked(offices, BANK_RECORDS)
    offices[TZ].run(reply, matter, {"outcome": "information_requested", "text": "Which account?"})
    offices.settle()
    given = {"outcome": "information_given", "text": "0155", "use_limits": {"handling": ["H2"]}}
    offices[KE].run(reply, matter, given)
    offices.settle()
    assert forwarded(offices, matter)["use_limits"]["handling"] == ("H2",)
    assert offices[TZ].run(letter_to_hand_on, matter).limits == ["HANDLING H2 (set by ke.central)"]


def test_what_has_no_limits_is_forwarded_without(offices: Offices) -> None:
    body = forwarded(offices, asked(offices, BANK_RECORDS))
    assert (body["use_limits"], body["confidentiality"]) == (None, None)


def test_limits_too_long_to_be_kept_together_are_not_cut(offices: Offices) -> None:
    matter = asked(offices, BANK_RECORDS | {"use_limits": {"handling": [], "text": "x" * 20_000}})
    with pytest.raises(RefusedInput, match="too long"):
        offices[TZ].run(reply, matter, FORWARDED | {"use_limits": {"handling": [], "text": "of our own"}})
    assert offices[TZ].run(show_matter, matter).state == "received"


@pytest.mark.parametrize("form", ["mutual_legal_assistance", "spontaneous_information", "extradition"])
def test_a_letter_is_printed_with_its_limits(offices: Offices, form: str) -> None:
    matter = asked(offices, request_of(form))
    letter = offices[TZ].run(letter_to_hand_on, matter)
    view = offices[TZ].run(show_matter, matter).request
    assert view is not None
    assert letter.limits == list(view.limits)
    assert letter.limits
    assert (letter.digest, letter.author, letter.addressees) == (view.digest, KE, [TZ])
    assert set(letter.references) == {KE, TZ}
    assert request_of(form)["facts"].splitlines()[0] in letter.letter


def test_a_consultation_is_no_letter(offices: Offices) -> None:
    matter = offices[KE].run(open_consultation, [TZ], "Vessel", "first").matter
    offices.settle()
    with pytest.raises(Conflict, match="no request"):
        offices[KE].run(letter_to_hand_on, matter)


def test_a_document_that_is_shared_with_a_party_that_came_later_shows_its_limits(offices: Offices) -> None:
    matter = asked(offices, LIMITED)
    offices[KE].run(add_party, matter, [UG], "They know the bank.")
    offices.settle()
    offices[TZ].run(agree, matter, offices[TZ].run(list_amendments, matter)[0].digest)
    offices.settle()
    request = offices[TZ].run(show_matter, matter).request
    assert request is not None
    offices[TZ].run(share, matter, [request.id])
    offices.settle()
    shared = next(each for each in offices[UG].run(documents_in, matter) if each.id == request.id)
    assert [str(line) for line in shared.limits] == LINES
    assert [str(line) for line in offices[UG].run(letter_to_hand_on, matter).limits] == LINES
