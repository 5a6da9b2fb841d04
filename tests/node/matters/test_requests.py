"""A request on its way, as both sides' registries enter it."""

from __future__ import annotations

from typing import Any

import pytest

from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import envelope, show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import reply, send_request
from rogatory.node.matters.queries import documents_in, list_matters, show_matter
from rogatory.node.matters.requesting import check_request
from rogatory.node.matters.views import MatterKind
from rogatory.protocol.documents import Announcement, DocumentRef, Outcome, Reply, Wording, open_document, template_of
from tests.filled import filled
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices

EXECUTED = {"outcome": "executed", "text": "The statements are annexed.", "reference": "AGC/7"}


def requested(offices: Offices) -> str:
    sent = offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS)
    offices.settle()
    return sent.matter


def test_a_request_is_received_and_signed_for(offices: Offices) -> None:
    matter = requested(offices)
    for authority in ("ke.central", "tz.central"):
        view = offices[authority].run(show_matter, matter)
        assert view.kind is MatterKind.REQUEST
        assert view.state == "received"
        assert [document.kind for document in view.documents] == ["charter", "request", "receipt"]
        assert {party.authority: party.role for party in view.parties} == {
            "ke.central": "requesting",
            "tz.central": "requested",
        }
        references = {party.authority: party.reference for party in view.parties}
        assert references == {"ke.central": "ODPP/MLA/114/2026", "tz.central": f"TZ.CENTRAL/{_year(offices)}/00001"}
        assert view.request is not None
        assert view.request.body["subject"] == BANK_RECORDS["subject"]


def test_before_anything_was_carried_the_request_is_queued(offices: Offices) -> None:
    sent = offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS)
    document = offices["ke.central"].run(show_document, sent.document)
    assert document.stage is Stage.QUEUED
    assert document.receipt is None
    assert offices["tz.central"].run(list_matters) == []


def test_evidences_of_acceptance_and_delivery(offices: Offices) -> None:
    ke = offices["ke.central"]
    sent = ke.run(send_request, ["tz.central", "ug.central"], BANK_RECORDS)
    offices.settle()
    document = ke.run(show_document, sent.document)
    assert document.stage is Stage.ACCEPTED
    assert document.receipt is not None
    assert document.receipt.seq == document.seq
    offices.acknowledge(bytes.fromhex(sent.matter), "tz.central")
    document = ke.run(show_document, sent.document)
    assert document.stage is Stage.ACCEPTED
    assert [(d.authority, d.acknowledged_at is not None) for d in document.deliveries] == [
        ("tz.central", True),
        ("ug.central", False),
    ]
    offices.acknowledge(bytes.fromhex(sent.matter), "ug.central")
    assert ke.run(show_document, sent.document).stage is Stage.DELIVERED
    delivered = ke.events(EventKind.DOCUMENT_DELIVERED)
    assert [event.document for event in delivered].count(sent.document) == 1


def test_an_acknowledgement_that_excepts_a_document_does_not_deliver_it(offices: Offices) -> None:
    ke = offices["ke.central"]
    sent = ke.run(send_request, ["tz.central"], BANK_RECORDS)
    offices.settle()
    seq = ke.run(show_document, sent.document).seq
    assert seq is not None
    offices.acknowledge(bytes.fromhex(sent.matter), "tz.central", excepted=[seq])
    document = ke.run(show_document, sent.document)
    assert document.stage is Stage.ACCEPTED
    assert document.deliveries[0].excepted


def test_an_acknowledgement_seen_again_changes_nothing(offices: Offices) -> None:
    ke = offices["ke.central"]
    matter = bytes.fromhex(requested(offices))
    offices.acknowledge(matter, "tz.central")
    before = ke.events()
    offices.acknowledge(matter, "tz.central")
    offices.acknowledge(matter, "tz.central", seq=1)
    assert ke.events() == before


def test_a_reply_executes_the_request_on_both_sides(offices: Offices) -> None:
    matter = requested(offices)
    offices["tz.central"].run(reply, matter, EXECUTED)
    offices.settle()
    for authority in ("ke.central", "tz.central"):
        assert offices[authority].run(show_matter, matter).state == "executed"
    received = offices["ke.central"].events(EventKind.DOCUMENT_RECEIVED)
    assert "executed: The statements are annexed." in received[-1].summary


def test_a_reply_that_does_not_go_from_here_is_refused_before_it_is_sent(offices: Offices) -> None:
    matter = requested(offices)
    with pytest.raises(Conflict, match="requested side"):
        offices["ke.central"].run(reply, matter, EXECUTED)
    offices["tz.central"].run(reply, matter, EXECUTED)
    offices.settle()
    with pytest.raises(Conflict, match="does not go on"):
        offices["tz.central"].run(reply, matter, {"outcome": "in_execution"})


def test_a_refusal_needs_ground_and_reasons(offices: Offices) -> None:
    matter = requested(offices)
    with pytest.raises(RefusedInput, match=r"18\(21\).*18\(23\)"):
        offices["tz.central"].run(reply, matter, {"outcome": "refused"})


def test_steps_that_cross_end_alike_on_both_sides(offices: Offices) -> None:
    """The log decides: what stands there second finds the matter ended, is shown, and changes nothing."""
    matter = requested(offices)
    offices["ke.central"].run(reply, matter, {"outcome": "no_longer_required"})
    late = offices["tz.central"].run(reply, matter, EXECUTED)
    offices.settle()
    for authority in ("ke.central", "tz.central"):
        view = offices[authority].run(show_matter, matter)
        assert view.state == "no_longer_required"
        document = offices[authority].run(show_document, late.document)
        assert document.void is not None
        assert offices[authority].events(EventKind.DOCUMENT_VOID)[-1].code == "illegal_step"
    objections = [d for d in offices["tz.central"].run(documents_in, matter) if d.kind == "objection"]
    assert [(each.author, each.in_reply_to) for each in objections] == [("ke.central", late.document)]
    assert "another step came before it" in objections[0].body["reason"]


def test_a_step_of_the_wrong_side_changes_nothing(offices: Offices) -> None:
    """A peer whose software does not hold to the table."""
    matter = requested(offices)
    channel, ke = bytes.fromhex(matter), offices["ke.central"]
    request = ke.run(show_matter, matter).request
    assert request is not None
    ref = DocumentRef(id=request.id, digest=request.digest)
    forged = Reply(request=ref, previous=request.digest, outcome=Outcome.EXECUTED, language="en")
    document = ke.run(lambda tx: sign(tx, channel, forged, addressees=["tz.central"]))
    offices.deliver(channel, "ke.central", document.envelope)
    assert offices["tz.central"].run(show_matter, matter).state == "received"
    assert offices["tz.central"].run(show_document, document.payload.id).void is not None


def test_a_document_for_another_channel_is_void(offices: Offices) -> None:
    first, second = requested(offices), requested(offices)
    envelope_of_first = offices["ke.central"].run(lambda tx: envelope(tx, _request(tx, first)))
    offices.deliver(bytes.fromhex(second), "ke.central", envelope_of_first)
    assert offices["tz.central"].events(EventKind.DOCUMENT_VOID)[-1].code == "wrong_channel"
    assert len(offices["tz.central"].run(show_matter, second).documents) == 3


def test_a_document_sent_by_somebody_else_is_void(offices: Offices) -> None:
    matter = requested(offices)
    copied = offices["ke.central"].run(lambda tx: envelope(tx, _request(tx, matter)))
    offices.deliver(bytes.fromhex(matter), "tz.central", copied)
    assert offices["ke.central"].events(EventKind.DOCUMENT_VOID)[-1].code == "wrong_author"
    assert offices["ke.central"].run(show_matter, matter).state == "received"


def test_an_announcement_in_a_matter_is_void(offices: Offices) -> None:
    matter = requested(offices)
    channel = bytes.fromhex(matter)
    body = Announcement(network="gljcn", wordings=(Wording(language="en", title="A", text="B"),))
    document = offices["ke.central"].run(lambda tx: sign(tx, channel, body))
    offices.deliver(channel, "ke.central", document.envelope)
    assert offices["tz.central"].events(EventKind.DOCUMENT_VOID)[-1].code == "wrong_channel"
    assert offices["tz.central"].run(show_document, document.payload.id).stage is Stage.VOID


def test_a_second_request_in_a_matter_changes_nothing(offices: Offices) -> None:
    matter = requested(offices)
    channel = bytes.fromhex(matter)
    view = offices["ke.central"].run(show_matter, matter).request
    assert view is not None
    original = offices["ke.central"].run(lambda tx: envelope(tx, view.id))
    body = open_document(original, offices.directory.document_keys).payload.body
    document = offices["ke.central"].run(lambda tx: sign(tx, channel, body, addressees=["tz.central"]))
    offices.deliver(channel, "ke.central", document.envelope)
    assert "already" in (offices["tz.central"].run(show_document, document.payload.id).void or "")
    assert [d.kind for d in offices["tz.central"].run(documents_in, matter)].count("receipt") == 1


@pytest.mark.parametrize(
    ("field", "value", "article"),
    [("facts", "", r"18\(15\)\(c\)"), ("forms", [], r"18\(3\)"), ("aim", " ", r"18\(15\)\(f\)")],
)
def test_an_essential_gap_names_its_article(offices: Offices, field: str, value: Any, article: str) -> None:
    with pytest.raises(RefusedInput, match=article):
        offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS | {field: value})
    assert offices["ke.central"].run(list_matters) == []
    assert offices["ke.central"].events() == []


def test_an_unknown_field_is_refused(offices: Offices) -> None:
    with pytest.raises(RefusedInput, match="colour"):
        offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS | {"colour": "blue"})


def test_whom_a_request_cannot_go_to(offices: Offices) -> None:
    ke = offices["ke.central"]
    with pytest.raises(NotFound, match=r"bi\.central"):
        ke.run(send_request, ["bi.central"], BANK_RECORDS)
    with pytest.raises(RefusedInput, match="itself"):
        ke.run(send_request, ["ke.central"], BANK_RECORDS)
    with pytest.raises(RefusedInput, match="nobody"):
        ke.run(send_request, [], BANK_RECORDS)
    offices.simulator.strike_off("ug.central")
    offices.refresh()
    with pytest.raises(RefusedInput, match="struck off"):
        ke.run(send_request, ["ug.central"], BANK_RECORDS)


def test_nothing_new_is_opened_with_an_expired_directory(offices: Offices) -> None:
    offices.now += 10 * 365 * 24 * 3600
    with pytest.raises(Conflict, match="ran out"):
        offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS)


def test_the_requesting_authority_is_filled_in_from_the_directory(offices: Offices) -> None:
    request = {name: value for name, value in BANK_RECORDS.items() if name != "requesting_authority"}
    sent = offices["ke.central"].run(send_request, ["tz.central"], request)
    document = offices["ke.central"].run(show_document, sent.document)
    assert document.body["requesting_authority"] == "Central Authority ke.central"


@pytest.mark.parametrize("form", ["extradition", "preservation", "spontaneous_information", "video_hearing"])
def test_a_template_can_be_sent_once_it_is_filled_in(offices: Offices, form: str) -> None:
    sent = offices["ke.central"].run(send_request, ["tz.central"], filled(form))
    assert offices["ke.central"].run(show_document, sent.document).body["form"] == form


def test_hints_of_the_template_are_told_by_a_check_and_not_sent(offices: Offices) -> None:
    ke, given = offices["ke.central"], template_of("mutual_legal_assistance")
    checked = ke.run(check_request, ["tz.central"], given)
    assert checked.gaps == []
    assert {"facts", "persons[0].name", "offences[0].name"} <= {each.field for each in checked.untouched}
    with pytest.raises(RefusedInput, match=r"hint still stands in: .*summary of the relevant facts \(facts\)"):
        ke.run(send_request, ["tz.central"], given, insist=True)
    assert ke.run(check_request, ["tz.central"], filled("mutual_legal_assistance")).untouched == []


def test_terms_that_are_over_already_are_refused(offices: Offices) -> None:
    past = {"deadline": "2001-02-03", "deadline_reason": "The trial."}
    with pytest.raises(RefusedInput, match="deadline 2001-02-03 is past"):
        offices["ke.central"].run(send_request, ["tz.central"], BANK_RECORDS | past)
    matter, tz = requested(offices), offices["tz.central"]
    consulted = {"outcome": "consultation", "contemplates": "postponement", "text": "Until our trial ends?"}
    tz.run(reply, matter, consulted)
    offices.settle()
    with pytest.raises(RefusedInput, match="until 2001-02-03 is past"):
        tz.run(reply, matter, {"outcome": "postponed", "text": "Our trial.", "until": "2001-02-03"})


def test_a_reply_that_does_not_go_is_told_what_does(offices: Offices) -> None:
    matter, tz = requested(offices), offices["tz.central"]
    with pytest.raises(RefusedInput, match="outcome cannot be 'yes': it is one of under_review, accepted"):
        tz.run(reply, matter, {"outcome": "yes"})
    with pytest.raises(Conflict) as refused:
        tz.run(reply, matter, {"outcome": "postponed", "text": "Our trial."})
    assert "in_execution" in refused.value.next_step


def test_ids_by_their_first_digits(offices: Offices) -> None:
    matter = requested(offices)
    ke = offices["ke.central"]
    assert ke.run(show_matter, matter[:6]).matter == matter
    with pytest.raises(NotFound):
        ke.run(show_matter, "ffffffffffff" if not matter.startswith("ffff") else "000000000000")
    for nonsense in ("12", "xyzw", matter + "00"):
        with pytest.raises(RefusedInput):
            ke.run(show_matter, nonsense)


def _request(tx: Any, matter: str) -> str:
    request = show_matter(tx, matter).request
    assert request is not None
    return request.id


def _year(offices: Offices) -> str:
    return offices.simulator.now().strftime("%Y")
