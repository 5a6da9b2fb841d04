"""Each rule of each kind, by a violation."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import (
    AssistanceForm,
    Body,
    Charter,
    Conducting,
    DocumentRef,
    Gap,
    Ground,
    Handling,
    MalformedDocument,
    MissingEssential,
    Outcome,
    Predecessor,
    Purpose,
    SpontaneousInformation,
    Translation,
    UnsoundDocument,
    Urgency,
    UseLimits,
    gaps_of,
    sign_document,
)
from tests.protocol.examples import ANNEX, BODIES, CHANNEL, DIGEST, KENYA, bank_records, payload


def sign(body: Body, **common: Any) -> bytes:
    return sign_document(payload(body, **common), KENYA)


def altered(kind: str, **changes: Any) -> Body:
    return msgspec.structs.replace(BODIES[kind], **changes)


def refuse(kind: str, match: str, /, **changes: Any) -> None:
    with pytest.raises(UnsoundDocument, match=match):
        sign(altered(kind, **changes))


class TestRequestEssentials:
    """UNTOC 18(15): each gap is named with its article, and blocks the signature."""

    @pytest.mark.parametrize(
        ("changes", "article"),
        [
            ({"requesting_authority": ""}, "UNTOC 18(15)(a)"),
            ({"subject": " "}, "UNTOC 18(15)(b)"),
            ({"nature": None}, "UNTOC 18(15)(b)"),
            ({"conducting": Conducting(name="", functions="prosecutes")}, "UNTOC 18(15)(b)"),
            ({"conducting": Conducting(name="DCI", functions="")}, "UNTOC 18(15)(b)"),
            ({"facts": "\n"}, "UNTOC 18(15)(c)"),
            ({"assistance": ""}, "UNTOC 18(15)(d)"),
            ({"forms": ()}, "UNTOC 18(3)"),
            ({"aim": ""}, "UNTOC 18(15)(f)"),
            ({"reference": ""}, "practice"),
            ({"legal_basis": ()}, "practice"),
            ({"urgency": Urgency.URGENT}, "practice"),
            ({"deadline": "2026-12-01"}, "UNTOC 18(24)"),
            ({"use_limits": UseLimits(handling=(Handling.H3,))}, "UNTOC 18(19)"),
        ],
    )
    def test_a_gap_is_named_with_its_article(self, changes: dict[str, Any], article: str) -> None:
        with pytest.raises(MissingEssential) as caught:
            sign(bank_records(**changes))
        assert [gap.article for gap in caught.value.gaps] == [article]
        assert article in str(caught.value)

    def test_the_facts_are_named_as_the_convention_does(self) -> None:
        assert gaps_of(bank_records(facts="")) == (Gap("summary of the relevant facts", "UNTOC 18(15)(c)"),)

    def test_all_gaps_are_named_at_once(self) -> None:
        with pytest.raises(MissingEssential) as caught:
            sign(bank_records(facts="", aim="", requesting_authority=""))
        assert len(caught.value.gaps) == 3

    def test_mere_service_of_documents_needs_no_facts(self) -> None:
        assert sign(bank_records(forms=(AssistanceForm.SERVICE_OF_DOCUMENTS,), facts=""))

    def test_service_along_with_another_form_needs_the_facts(self) -> None:
        forms = (AssistanceForm.SERVICE_OF_DOCUMENTS, AssistanceForm.TRACING)
        with pytest.raises(MissingEssential):
            sign(bank_records(forms=forms, facts=""))

    def test_spontaneous_information_asks_for_nothing(self) -> None:
        information = SpontaneousInformation(
            reference="KE/SI/2026/3",
            requesting_authority="Office of the Attorney General of Kenya",
            subject="A consignment",
            facts="A container left Kisumu.",
            information="Its number and the vessel's name.",
            relevance="It goes to the other State.",
            language="en",
        )
        assert sign(information)
        with pytest.raises(MissingEssential, match=r"18\(4\)"):
            sign(msgspec.structs.replace(information, information=""))

    def test_reciprocity_is_a_basis(self) -> None:
        assert sign(bank_records(legal_basis=(), reciprocity=True))


def test_a_form_stands_once() -> None:
    with pytest.raises(UnsoundDocument, match="twice"):
        sign(bank_records(forms=(AssistanceForm.TRACING, AssistanceForm.TRACING)))


def test_a_deadline_is_a_date_of_the_calendar() -> None:
    with pytest.raises(UnsoundDocument, match="calendar"):
        sign(bank_records(deadline="2026-02-30", deadline_reason="the hearing"))


def test_a_translation_is_an_annex() -> None:
    translation = Translation(language="fr", annex=ANNEX.sha256)
    assert sign(bank_records(translations=(translation,), annexes=(ANNEX,)))
    with pytest.raises(UnsoundDocument, match="annexes"):
        sign(bank_records(translations=(translation,)))


@pytest.mark.parametrize(
    ("outcome", "article"),
    [
        (Outcome.PARTLY_EXECUTED, "UNTOC 18(23)"),
        (Outcome.REFUSED, "UNTOC 18(23)"),
        (Outcome.POSTPONED, "UNTOC 18(25)"),
        (Outcome.INFORMATION_REQUESTED, "UNTOC 18(16)"),
    ],
)
def test_an_outcome_that_needs_words_has_them(outcome: Outcome, article: str) -> None:
    grounds = (Ground.NO_DUAL_CRIMINALITY,) if outcome is Outcome.REFUSED else ()
    assert sign(altered("reply", outcome=outcome, grounds=grounds))
    with pytest.raises(MissingEssential) as caught:
        sign(altered("reply", outcome=outcome, grounds=grounds, text=" "))
    assert [gap.article for gap in caught.value.gaps] == [article]


def test_a_refusal_has_a_ground() -> None:
    with pytest.raises(MissingEssential, match=r"18\(21\)"):
        sign(altered("reply", outcome=Outcome.REFUSED))


def test_bank_secrecy_is_no_ground() -> None:
    assert "18(8)" not in {ground.value for ground in Ground}
    assert "18(22)" not in {ground.value for ground in Ground}


def test_grounds_go_with_refusals_only() -> None:
    refuse("reply", "grounds", grounds=(Ground.NOT_IN_CONFORMITY,))


def test_a_reply_replies_to_its_request() -> None:
    assert sign(BODIES["reply"], in_reply_to=bytes.fromhex("0f" * 16))
    with pytest.raises(UnsoundDocument, match="in_reply_to"):
        sign(BODIES["reply"], in_reply_to=bytes(16))


class TestCharter:
    def test_a_case_has_two_parties(self) -> None:
        refuse("charter", "two parties", parties=("ke.central",))

    def test_the_author_is_a_party(self) -> None:
        refuse("charter", "its author", parties=("tz.central", "ug.central"))

    def test_a_party_stands_once(self) -> None:
        refuse("charter", "twice", parties=("ke.central", "tz.central", "tz.central"))

    def test_it_names_its_subject(self) -> None:
        refuse("charter", "subject", subject="  ")

    def test_a_case_names_no_network(self) -> None:
        refuse("charter", "no network", networks=("gljcn",))

    def test_a_network_charter_names_its_network_and_no_parties(self) -> None:
        network = Charter(purpose=Purpose.NETWORK, subject="GLJCN", home_relay="relay.one", networks=("gljcn",))
        assert sign(network)
        for wrong in ({"networks": ()}, {"networks": ("gljcn", "wacap")}, {"parties": ("ke.central",)}):
            with pytest.raises(UnsoundDocument):
                sign(msgspec.structs.replace(network, **wrong))

    def test_an_inter_network_charter_names_several(self) -> None:
        both = Charter(purpose=Purpose.INTER_NETWORK, subject="x", home_relay="relay.one", networks=("gljcn", "wacap"))
        assert sign(both)
        with pytest.raises(UnsoundDocument):
            sign(msgspec.structs.replace(both, networks=("gljcn",)))

    def test_a_channel_does_not_succeed_itself(self) -> None:
        refuse("charter", "succeed", succeeds=Predecessor(channel=CHANNEL.hex(), seq=1, head=DIGEST))
        assert sign(altered("charter", succeeds=Predecessor(channel=DIGEST, seq=1, head=DIGEST)))


class TestAmendment:
    def test_it_adds_somebody(self) -> None:
        refuse("amendment", "names the authorities", adds=())

    def test_its_author_does_not_add_itself(self) -> None:
        refuse("amendment", "itself", adds=("ke.central",))

    def test_it_gives_its_reason(self) -> None:
        refuse("amendment", "reason", reason="")

    def test_it_adds_each_once(self) -> None:
        refuse("amendment", "twice", adds=("ug.central", "ug.central"))


def test_a_consultation_says_something() -> None:
    refuse("consultation", "says something", text=" \n")
    assert sign(altered("consultation", text="", annexes=(ANNEX,)))


class TestAnnouncement:
    def test_each_language_stands_once(self) -> None:
        body = BODIES["announcement"]
        refuse("announcement", "twice", wordings=body.wordings * 2)  # type: ignore[attr-defined]

    def test_each_wording_has_title_and_text(self) -> None:
        wording = msgspec.structs.replace(BODIES["announcement"].wordings[0], title="")  # type: ignore[attr-defined]
        refuse("announcement", "title", wordings=(wording,))

    def test_it_has_a_wording(self) -> None:
        with pytest.raises(MalformedDocument):
            sign(altered("announcement", wordings=()))

    def test_the_reader_gets_its_language_or_the_first(self) -> None:
        body = BODIES["announcement"]
        assert body.wording("ru", "fr").language == "fr"  # type: ignore[attr-defined]
        assert body.wording("ru").language == "en"  # type: ignore[attr-defined]


def test_a_receipt_is_for_one_author_and_one_document() -> None:
    with pytest.raises(UnsoundDocument, match="author"):
        sign(BODIES["receipt"], addressees=("tz.central", "ug.central"))
    with pytest.raises(UnsoundDocument, match="replies"):
        sign(BODIES["receipt"], in_reply_to=bytes(16))
    refuse("receipt", "calendar", received_at="2026-13-01T00:00:00Z")


class TestRejoin:
    def test_it_brings_a_key_package(self) -> None:
        refuse("rejoin", "key package", key_package="")
        refuse("rejoin", "base64", key_package="%%%%")
        refuse("rejoin", "base64", key_package="é")

    def test_it_tells_nothing_of_a_case(self) -> None:
        with pytest.raises(UnsoundDocument, match="clear"):
            sign(BODIES["rejoin"], in_reply_to=bytes(16))

    def test_its_key_package_comes_back_as_bytes(self) -> None:
        assert BODIES["rejoin"].key_package_bytes == b"key package"  # type: ignore[attr-defined]


def test_a_reference_to_a_document_is_id_and_digest() -> None:
    with pytest.raises(MalformedDocument):
        sign(altered("reply", request=DocumentRef(id="xx", digest=DIGEST)))
