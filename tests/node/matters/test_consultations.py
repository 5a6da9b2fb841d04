"""Consultations: threads, further parties half-way, sharing, leaving."""

from __future__ import annotations

import pytest

from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import add_party, agree, leave, open_consultation, reply, say, send_request, share
from rogatory.node.matters.queries import documents_in, list_amendments, list_matters, show_matter
from rogatory.node.matters.views import MatterKind, Sent
from rogatory.node.store import wishes
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.documents import Amendment, Consultation, sign_consent
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Offices

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"


def opened(offices: Offices, *to: str) -> Sent:
    sent = offices[KE].run(open_consultation, list(to) or [TZ], "Vessel at Mombasa", "May we speak of it?")
    offices.settle()
    return sent


def texts(offices: Offices, authority: str, matter: str) -> list[str]:
    documents = offices[authority].run(documents_in, matter)
    return [str(document.body["text"]) for document in documents if document.kind == "consultation"]


def add_uganda(offices: Offices, matter: str) -> str:
    view = offices[KE].run(add_party, matter, [UG], "the vessel went on to Uganda by road")
    offices.settle()
    offices[TZ].run(agree, matter, view.digest[:8])
    offices.settle()
    return view.digest


def test_a_consultation_needs_no_request(offices: Offices) -> None:
    sent = opened(offices)
    view = offices[TZ].run(show_matter, sent.matter)
    assert view.kind is MatterKind.CONSULTATION
    assert view.state == "open"
    assert view.request is None
    with pytest.raises(Conflict, match="no request"):
        offices[TZ].run(reply, sent.matter, {"outcome": "executed"})
    assert [line.matter for line in offices[TZ].run(list_matters, MatterKind.CONSULTATION)] == [sent.matter]
    assert offices[TZ].run(list_matters, MatterKind.REQUEST) == []


def test_messages_keep_their_thread(offices: Offices) -> None:
    sent = opened(offices)
    first = offices[TZ].run(show_document, sent.document)
    assert first.thread is not None
    assert first.thread.subject == "Vessel at Mombasa"
    offices[TZ].run(say, sent.matter, "Yes.", in_reply_to=sent.document)
    other = offices[TZ].run(say, sent.matter, "And the crew?", subject="Crew")
    offices.settle()
    crew = offices[KE].run(show_document, other.document).thread
    assert crew is not None
    offices[KE].run(say, sent.matter, "Three are held.", thread=crew.id[:8])
    offices.settle()
    documents = [d for d in offices[TZ].run(documents_in, sent.matter) if d.kind == "consultation"]
    assert [d.thread.subject for d in documents if d.thread] == ["Vessel at Mombasa"] * 2 + ["Crew"] * 2
    assert documents[1].in_reply_to == sent.document


def test_what_cannot_be_said(offices: Offices) -> None:
    sent, other = opened(offices), opened(offices)
    ke = offices[KE]
    with pytest.raises(RefusedInput, match="says something"):
        ke.run(say, sent.matter, "  ")
    with pytest.raises(RefusedInput, match="another matter"):
        ke.run(say, sent.matter, "x", in_reply_to=other.document)
    with pytest.raises(NotFound, match="thread"):
        ke.run(say, sent.matter, "x", thread="00000000")
    with pytest.raises(RefusedInput, match="not well formed"):
        ke.run(say, sent.matter, "x", subject="two\nlines")
    with pytest.raises(NotFound):
        offices[UG].run(say, sent.matter, "I am no party")


def test_a_third_party_comes_in_when_all_agree_and_sees_nothing_earlier(offices: Offices) -> None:
    sent = opened(offices)
    proposal = offices[KE].run(add_party, sent.matter, [UG], "the vessel went on")
    offices.settle()
    assert UG not in offices.members[bytes.fromhex(sent.matter)]
    assert offices[TZ].events(EventKind.AMENDMENT_WAITING)[0].author == KE
    waiting = offices[TZ].run(list_amendments, waiting=True)
    assert [view.digest for view in waiting] == [proposal.digest]
    assert waiting[0].waiting_for == [TZ]
    assert offices[KE].run(list_amendments, waiting=True) == []
    offices[TZ].run(agree, sent.matter, proposal.digest[:8])
    offices.settle()
    for authority in (KE, TZ, UG):
        view = offices[authority].run(show_matter, sent.matter)
        assert [party.authority for party in view.parties] == [KE, TZ, UG]
        assert view.amendments[0].effective
        assert view.amendments[0].signed == [KE, TZ]
    assert texts(offices, UG, sent.matter) == []
    offices[UG].run(say, sent.matter, "We are here.")
    offices.settle()
    assert texts(offices, KE, sent.matter) == ["May we speak of it?", "We are here."]
    assert texts(offices, UG, sent.matter) == ["We are here."]
    assert offices[KE].events(EventKind.PARTY_ADDED)
    assert offices[UG].events(EventKind.JOINED)


def test_an_officer_shares_what_was_said_before(offices: Offices) -> None:
    sent = opened(offices)
    add_uganda(offices, sent.matter)
    offices[TZ].run(share, sent.matter, [sent.document])
    offices.settle()
    document = offices[UG].run(show_document, sent.document)
    assert document.stage is Stage.SHARED
    assert document.author == KE
    assert UG not in document.addressees
    assert offices[UG].events(EventKind.DOCUMENT_SHARED)
    before = len(offices[KE].run(show_matter, sent.matter).documents)
    offices[KE].run(share, sent.matter, [sent.document])
    offices.settle()
    assert len(offices[KE].run(show_matter, sent.matter).documents) == before


def test_a_shared_request_shows_a_later_party_where_the_matter_stands(offices: Offices) -> None:
    sent = offices[KE].run(send_request, [TZ], BANK_RECORDS)
    offices.settle()
    offices[TZ].run(reply, sent.matter, {"outcome": "accepted"})
    offices.settle()
    add_uganda(offices, sent.matter)
    assert offices[UG].run(show_matter, sent.matter).state == "open"
    documents = offices[KE].run(show_matter, sent.matter).documents
    for kind in ("reply", "request"):
        offices[KE].run(share, sent.matter, [d.id for d in documents if d.kind == kind])
    offices.settle()
    view = offices[UG].run(show_matter, sent.matter)
    assert view.state == "accepted"
    assert next(party.role for party in view.parties if party.authority == UG) == "consulted"
    assert "receipt" not in {d.kind for d in view.documents if d.author == UG}


def test_an_outsider_cannot_share(offices: Offices) -> None:
    """A document of somebody who never was a party, put into the matter by a party."""
    sent = opened(offices)
    channel = bytes.fromhex(sent.matter)
    stray_body = Consultation(text="let me in", language="en")
    stray = offices[UG].run(lambda tx: sign(tx, channel, stray_body, addressees=[KE]))
    offices.deliver(channel, KE, stray.envelope, original_seq=1)
    assert offices[TZ].events(EventKind.DOCUMENT_VOID)[-1].code == "not_a_party"


def test_an_agreement_without_a_proposal_is_void(offices: Offices) -> None:
    sent = opened(offices)
    channel = bytes.fromhex(sent.matter)
    charter = offices[KE].run(show_matter, sent.matter).documents[0]
    digest = offices[KE].run(show_document, charter.id).digest
    body = Amendment(charter=digest, adds=(UG,), reason="unasked")
    proposal = offices[KE].run(lambda tx: sign(tx, channel, body))
    consent = offices[TZ].run(lambda tx: sign_consent(proposal, tx.identity.document_signer()))
    offices.deliver(channel, TZ, consent)
    assert offices[KE].events(EventKind.DOCUMENT_VOID)[-1].code == "wrong_amendment"
    assert offices[KE].run(show_matter, sent.matter).amendments == []


def test_an_amendment_of_another_charter_is_void(offices: Offices) -> None:
    sent = opened(offices)
    channel = bytes.fromhex(sent.matter)
    body = Amendment(charter="ab" * 32, adds=(UG,), reason="of another matter")
    proposal = offices[KE].run(lambda tx: sign(tx, channel, body))
    offices.deliver(channel, KE, proposal.envelope)
    assert offices[TZ].events(EventKind.DOCUMENT_VOID)[-1].code == "wrong_amendment"


def test_of_two_rival_amendments_the_first_complete_one_counts(offices: Offices) -> None:
    sent = opened(offices)
    one = offices[KE].run(add_party, sent.matter, [UG], "one")
    two = offices[TZ].run(add_party, sent.matter, [RW], "two")
    offices.settle()
    offices[KE].run(agree, sent.matter, two.digest)
    offices.settle()
    with pytest.raises(Conflict, match="another amendment"):
        offices[TZ].run(agree, sent.matter, one.digest)
    for authority in (KE, TZ, RW):
        views = {view.digest: view for view in offices[authority].run(list_amendments)}
        assert views[two.digest].effective
        assert one.digest not in views or views[one.digest].superseded
    again = offices[KE].run(add_party, sent.matter, [UG], "one, again")
    offices.settle()
    for authority in (TZ, RW):
        offices[authority].run(agree, sent.matter, again.digest)
        offices.settle()
    assert UG in offices.members[bytes.fromhex(sent.matter)]
    assert [view.digest for view in offices[UG].run(list_amendments) if view.complete] == [two.digest, again.digest]


def test_who_cannot_be_added(offices: Offices) -> None:
    sent = opened(offices)
    with pytest.raises(Conflict, match="party already"):
        offices[KE].run(add_party, sent.matter, [TZ], "again")
    with pytest.raises(RefusedInput, match="reason"):
        offices[KE].run(add_party, sent.matter, [UG], " ")
    with pytest.raises(NotFound):
        offices[KE].run(add_party, sent.matter, ["fr.central"], "not enrolled")


def test_agreeing_twice_is_agreeing_once(offices: Offices) -> None:
    sent = opened(offices, TZ, UG)
    view = offices[KE].run(add_party, sent.matter, [RW], "needed")
    offices.settle()
    offices[TZ].run(agree, sent.matter, view.digest)
    entries = len(offices.log(bytes.fromhex(sent.matter)))
    offices.settle()
    offices[TZ].run(agree, sent.matter, view.digest)
    offices.settle()
    assert len(offices.log(bytes.fromhex(sent.matter))) == entries + 1
    assert offices[UG].run(list_amendments)[0].waiting_for == [UG]


def test_a_party_leaves_by_notice(offices: Offices) -> None:
    sent = opened(offices, TZ, UG)
    offices[UG].run(leave, sent.matter, "not our case")
    offices.settle()
    for authority in (KE, TZ):
        view = offices[authority].run(show_matter, sent.matter)
        assert [party.authority for party in view.parties if party.left] == [UG]
        assert offices[authority].events(EventKind.PARTY_LEFT)
    said = offices[KE].run(say, sent.matter, "The two of us, then.")
    offices.settle()
    assert offices[KE].run(show_document, said.document).addressees == [TZ]


def test_who_left_need_not_agree(offices: Offices) -> None:
    sent = opened(offices, TZ, UG)
    offices[KE].run(add_party, sent.matter, [RW], "needed")
    offices.settle()
    proposal = offices[KE].run(list_amendments)[0]
    offices[TZ].run(agree, sent.matter, proposal.digest)
    offices.settle()
    assert not offices[KE].run(list_amendments)[0].complete
    offices[UG].run(leave, sent.matter)
    offices.settle()
    assert offices[KE].run(list_amendments)[0].effective
    assert [party.authority for party in offices[RW].run(show_matter, sent.matter).parties if not party.left] == [
        KE,
        RW,
        TZ,
    ]


def test_a_party_struck_off_is_removed(offices: Offices) -> None:
    sent = opened(offices, TZ, UG)
    offices.simulator.strike_off(UG)
    offices.refresh()
    offices[KE].run(list_matters)
    wanted = offices[KE].store(wishes.of_channel, bytes.fromhex(sent.matter))
    assert [(wish.kind, wish.authority, wish.due_at) for wish in wanted] == [(WishKind.REMOVE, UG, None)]
