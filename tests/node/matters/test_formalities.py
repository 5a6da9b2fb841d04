"""What the directory says about a request before it is sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.keys.directory.model import AuthorityEntry, KeySet, Purpose
from rogatory.node.errors import RefusedInput
from rogatory.node.inbox.queries import show_document
from rogatory.node.matters.commands import send_request
from rogatory.node.matters.formalities import contact_of, remarks_on
from rogatory.node.matters.requesting import check_request
from rogatory.protocol.documents import FORMS, Request, template_of
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices


def entry(**changes: Any) -> AuthorityEntry:
    fields: dict[str, Any] = {
        "id": "tz.central",
        "state": "TZ",
        "names": {"en": "Attorney General's Chambers"},
        "competences": tuple(Purpose),
        "relay": "relay.one",
        "key_sets": (KeySet(version=1, online=bytes(32), ed25519=bytes(32), mldsa65=bytes(1952)),),
    }
    return AuthorityEntry(**fields | changes)


def request(form: str = "mutual_legal_assistance", **changes: Any) -> Request:
    return msgspec.convert(template_of(form) | changes, FORMS[form])


def test_an_entry_without_demands_says_nothing() -> None:
    assert remarks_on(request(), [entry()]) == []


@pytest.mark.parametrize(
    ("asked", "changes", "article"),
    [
        (request(), {"competences": (Purpose.EXTRADITION,)}, "UNTOC 18(13)"),
        (request(), {"untoc_basis_mla": False}, "UNTOC 18(7)"),
        (request("extradition"), {"untoc_basis_extradition": False}, "UNTOC 16(5)"),
        (request(), {"languages": ("fr", "pt")}, "UNTOC 18(14)"),
    ],
)
def test_an_objection_names_its_article(asked: Request, changes: dict[str, Any], article: str) -> None:
    (remark,) = remarks_on(asked, [entry(**changes)])
    assert remark.blocks
    assert remark.article == article


def test_another_treaty_reciprocity_or_a_translation_meets_it() -> None:
    refusing = entry(untoc_basis_mla=False, languages=("sw",))
    treaty = [{"instrument": "Treaty of 1999 between Kenya and Tanzania", "articles": "3"}]
    translation = [{"language": "sw", "annex": "ab" * 32}]
    assert remarks_on(request(legal_basis=treaty, translations=translation), [refusing]) == []
    assert remarks_on(request(reciprocity=True, translations=translation), [refusing]) == []


def test_in_urgency_the_ways_to_be_quick_are_told() -> None:
    urgent = request(urgency="urgent", urgency_reason="The retention ends tomorrow.")
    said = remarks_on(urgent, [entry(contact_24_7="+255 000", interpol_urgency=True, formal_requirements="A seal.")])
    assert not any(remark.blocks for remark in said)
    assert ["+255 000" in said[0].text, "INTERPOL" in said[1].text, "A seal." in said[2].text] == [True] * 3
    assert "+255 000" in contact_of(entry(contact_24_7="+255 000"), urgent=True)
    assert "+255 000" not in contact_of(entry(contact_24_7="+255 000"), urgent=False)


def test_contacts_are_in_the_language_of_the_request() -> None:
    office = entry(names={"en": "Justice", "fr": "La Justice"}, telephone="+255 1", office_hours="8-16")
    assert contact_of(office, urgent=False, language="fr").startswith("La Justice\nTéléphone\u00a0: +255 1\nHoraires")
    assert contact_of(office, urgent=False, language="sw").startswith("Justice\nTelephone +255 1\nHours 8-16")


def test_a_check_sends_nothing_and_names_gaps(offices: Offices) -> None:
    checked = offices["ke.central"].run(check_request, ["tz.central"], BANK_RECORDS | {"aim": ""})
    assert [gap.article for gap in checked.gaps] == ["UNTOC 18(15)(f)"]
    assert BANK_RECORDS["subject"] in checked.letter


def test_contacts_are_filled_in(offices: Offices) -> None:
    sent = offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS)
    body = offices["ke.central"].run(show_document, sent.document).body
    assert body["requested_authority"] == "Central Authority tz.central"


def test_a_form_that_there_is_not_is_refused(offices: Offices) -> None:
    with pytest.raises(RefusedInput, match="no form of request"):
        offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS | {"form": "tea"})
