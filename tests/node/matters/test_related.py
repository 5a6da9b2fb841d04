"""Requests that name earlier ones: prepared, checked, found from both ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import add_party, agree, open_consultation, reply, send_request
from rogatory.node.matters.following import follow_up
from rogatory.node.matters.queries import documents_in, list_amendments, list_matters, show_matter
from rogatory.node.matters.requesting import check_request
from rogatory.node.matters.views import RelatedMatter, Succession
from rogatory.protocol.documents import FORMS
from tests.data.letters import request_of
from tests.filled import written_over
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def asked(offices: Offices, fields: dict[str, Any], to: str = TZ, by: str = KE) -> str:
    """Send a request; gives the matter."""
    sent = offices[by].run(send_request, [to], fields, insist=True)
    offices.settle()
    return sent.matter


def digest_of(office: Office, matter: str) -> str:
    request = office.run(show_matter, matter).request
    assert request is not None
    return request.digest


def named(office: Office, matter: str) -> tuple[RelatedMatter, ...]:
    return office.run(show_matter, matter).related


def naming(digest: str | None, relation: str = "supplement", **more: str) -> dict[str, Any]:
    return {"related": [{"reference": "ODPP/MLA/114/2026", "digest": digest, "relation": relation, **more}]}


def followed(offices: Offices) -> tuple[str, str]:
    """A preservation, and the production of what was preserved; the two matters."""
    earlier = asked(offices, request_of("preservation"))
    prepared = offices[KE].run(follow_up, earlier)
    fields = request_of("stored_data") | {"related": prepared.request["related"]}
    return earlier, asked(offices, fields)


def test_a_preservation_and_what_followed_it_up_name_each_other_on_both_sides(offices: Offices) -> None:
    earlier, later = followed(offices)
    for office in (offices[KE], offices[TZ]):
        (back,) = named(office, later)
        assert (back.stands, back.matter, back.relation) == (Succession.EARLIER, earlier, "preservation")
        assert (back.reference, back.digest) == ("ODPP/CYB/PRES/041/2026", digest_of(office, earlier))
        (onward,) = named(office, earlier)
        assert (onward.stands, onward.matter, onward.relation) == (Succession.LATER, later, "preservation")
        assert (onward.reference, onward.state) == ("ODPP/CYB/MLA/007/2027", "received")
        assert onward.digest == digest_of(office, later)
    offices[TZ].run(reply, earlier, {"outcome": "executed"})
    offices.settle()
    assert named(offices[KE], later)[0].state == "executed"


def test_what_follows_up_is_filled_in_and_can_be_sent_once_the_rest_is(offices: Offices) -> None:
    earlier = asked(offices, request_of("preservation"))
    before = request_of("preservation")
    prepared = offices[KE].run(follow_up, earlier)
    drafted = prepared.request
    assert prepared.to == [TZ]
    assert drafted["form"] == "stored_data"
    assert drafted["related"] == [
        {
            "reference": before["reference"],
            "digest": digest_of(offices[KE], earlier),
            "relation": "preservation",
            "words": "",
        }
    ]
    for name in ("categories", "period", "facts", "language", "requesting_authority", "contact_24_7", "subject"):
        assert drafted[name] == before[name]
    assert [each["identifier"] for each in drafted["accounts"]] == [each["identifier"] for each in before["accounts"]]
    assert drafted["preserved_under"] == before["reference"]
    assert drafted["use_limits"] == before["use_limits"]
    assert drafted["confidentiality"] == before["confidentiality"]
    assert drafted["reference"] == "your own file number"
    assert "deadline" not in drafted
    assert offices[KE].run(check_request, [TZ], drafted).gaps == []
    later = asked(offices, drafted | {"reference": "ODPP/2"})
    assert named(offices[TZ], later)[0].matter == earlier


def test_any_form_can_follow_up(offices: Offices) -> None:
    earlier = asked(offices, request_of("mutual_legal_assistance"))
    for form in FORMS:
        prepared = offices[KE].run(follow_up, earlier, form=form)
        (back,) = named(offices[TZ], asked(offices, written_over(prepared.request)))
        assert back.matter == earlier
        assert back.relation == ("transfer" if form.endswith("transfer") else "supplement")
    assert len(named(offices[KE], earlier)) == len(FORMS)


def test_the_other_side_follows_up_what_it_received_without_its_content(offices: Offices) -> None:
    """As a transfer of the proceedings after an extradition was refused (UNTOC 16(10), 21)."""
    earlier = asked(offices, request_of("spontaneous_information"))
    prepared = offices[TZ].run(
        follow_up, earlier, form="mutual_legal_assistance", relation="other", words="opened on it"
    )
    assert prepared.to == [KE]
    assert prepared.request["subject"] == request_of("spontaneous_information")["subject"]
    assert "نواذيبو" not in str(prepared.request["facts"])
    assert "requesting_authority" not in prepared.request
    restrictions = request_of("spontaneous_information")["restrictions"]
    assert prepared.request["use_limits"]["text"] == restrictions
    later = asked(offices, written_over(prepared.request), to=KE, by=TZ)
    assert named(offices[KE], later)[0].words == "opened on it"
    assert named(offices[KE], earlier)[0].stands is Succession.LATER


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"form": "nonsense"}, "no form of request"),
        ({"relation": "nephew"}, "no relation"),
    ],
)
def test_what_cannot_be_prepared(offices: Offices, given: dict[str, str], said: str) -> None:
    earlier = asked(offices, BANK_RECORDS)
    with pytest.raises(RefusedInput, match=said):
        offices[KE].run(follow_up, earlier, **given)


def test_a_consultation_has_no_request_to_follow_up(offices: Offices) -> None:
    matter = offices[KE].run(open_consultation, [TZ], "Vessel", "first").matter
    offices.settle()
    with pytest.raises(Conflict, match="no request"):
        offices[KE].run(follow_up, matter)


def test_a_broken_reference_is_refused_and_nothing_is_written(offices: Offices) -> None:
    earlier = asked(offices, BANK_RECORDS)
    elsewhere = asked(offices, BANK_RECORDS, to=UG)
    executed = offices[TZ].run(reply, earlier, {"outcome": "executed"})
    offices.settle()
    step = next(each for each in offices[KE].run(documents_in, earlier) if each.id == executed.document)
    broken = {
        "no request with the digest": naming("ab" * 32),
        "a document of kind reply": naming(step.digest),
        "no party to the earlier request .*tz.central": naming(digest_of(offices[KE], elsewhere)),
        "asked for no preservation": naming(digest_of(offices[KE], earlier), "preservation"),
        "named twice": {"related": naming(digest_of(offices[KE], earlier))["related"] * 2},
        "the relation in words": naming(digest_of(offices[KE], earlier), "other"),
        "not well formed": naming(digest_of(offices[KE], earlier), "nephew"),
    }
    before = offices[KE].run(list_matters)
    for said, related in broken.items():
        for insist in (False, True):
            with pytest.raises(RefusedInput, match=said):
                offices[KE].run(send_request, [TZ], BANK_RECORDS | related, insist=insist)
    assert offices[KE].run(list_matters) == before
    remarks = offices[KE].run(check_request, [TZ], BANK_RECORDS | naming("ab" * 32)).remarks
    assert [remark.blocks for remark in remarks if "digest" in remark.text] == [True]


def test_a_request_on_paper_is_named_by_its_reference_alone(offices: Offices) -> None:
    matter = asked(offices, BANK_RECORDS | naming(None, "other", words="sent by post in 2019"))
    for office in (offices[KE], offices[TZ]):
        (related,) = named(office, matter)
        assert (related.matter, related.words) == (None, "sent by post in 2019")


def test_a_reference_that_a_peer_should_not_have_sent_is_shown_unresolved(offices: Offices) -> None:
    """Uganda guesses or was told the digest of a request between Kenya and Tanzania: neither matter shows the other."""
    secret = asked(offices, BANK_RECORDS)
    void = asked(offices, BANK_RECORDS, to=UG)
    for digest in (digest_of(offices[KE], secret), "ab" * 32):
        fields = BANK_RECORDS | {"requesting_authority": "Uganda", **naming(digest)}
        body = msgspec.convert(fields, FORMS["mutual_legal_assistance"])
        channel = bytes.fromhex(offices[UG].run(open_consultation, [KE], "Vessel", "first").matter)
        offices.settle()
        document = offices[UG].run(lambda tx, c=channel, b=body: sign(tx, c, b, addressees=[KE]))  # type: ignore[misc]
        offices.deliver(channel, UG, document.envelope)
        offices.settle()
        view = offices[KE].run(show_matter, channel.hex())
        assert view.state == "received"
        assert [(each.matter, each.subject, each.digest) for each in view.related] == [(None, None, digest)]
    assert named(offices[KE], secret) == ()
    assert named(offices[KE], void) == ()


def test_a_party_that_came_later_finds_no_earlier_request_that_it_never_had(offices: Offices) -> None:
    earlier, later = followed(offices)
    offices[KE].run(add_party, later, [UG], "They know the provider.")
    offices.settle()
    amendment = offices[TZ].run(list_amendments, later)[0].digest
    offices[TZ].run(agree, later, amendment)
    offices.settle()
    assert named(offices[UG], later) == ()
    assert [each.matter for each in named(offices[TZ], later)] == [earlier]


def test_the_limits_of_what_is_followed_up_cannot_be_dropped_silently(offices: Offices) -> None:
    limited = BANK_RECORDS | {"use_limits": {"handling": ["H1", "H3"], "text": "Only for the case named."}}
    earlier = asked(offices, limited)
    bare = BANK_RECORDS | naming(digest_of(offices[KE], earlier))
    with pytest.raises(RefusedInput, match=r"handling H1, H3, use limits: Only for the case named\."):
        offices[KE].run(send_request, [TZ], bare)
    half = bare | {"use_limits": {"handling": ["H1"], "text": "Only for  the case named."}}
    with pytest.raises(RefusedInput, match="does not keep: handling H3"):
        offices[KE].run(send_request, [TZ], half)
    kept = bare | {"use_limits": {"handling": ["H0", "H1", "H3"], "text": "Now: Only for\nthe case named. And here."}}
    offices[KE].run(send_request, [TZ], kept)
    offices[KE].run(send_request, [TZ], bare, insist=True)  # its own limits: it may loosen them, knowing that


def test_limits_that_another_set_are_not_loosened_by_insisting(offices: Offices) -> None:
    earlier = asked(offices, request_of("spontaneous_information"))
    digest = digest_of(offices[TZ], earlier)
    answer = BANK_RECORDS | naming(digest)
    for insist in (False, True):
        with pytest.raises(RefusedInput, match=r"H0, H1, H2.*confidentiality") as refused:
            offices[TZ].run(send_request, [KE], answer, insist=insist)
        assert "ke.central, which set them" in refused.value.next_step
