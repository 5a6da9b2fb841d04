"""What one officer prepared leaves when a second one approves, and the signed record names both."""

from __future__ import annotations

from typing import Any

import pytest

from rogatory.node.approvals.drafting import Desk, Doing, act, approve, checked, refuse
from rogatory.node.approvals.views import DraftState, DraftView, list_drafts
from rogatory.node.errors import Conflict, NotAllowed, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.matters.queries import list_matters, show_matter
from rogatory.node.matters.views import Sent
from rogatory.node.officers.registering import add_officer, end_officer, token_digest, tokens
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

REQUEST: dict[str, Any] = {
    "to": ["tz.central"],
    "fields": BANK_RECORDS,
    "subject": "",
    "insist": False,
    "attachments": [],
}


@pytest.fixture
def ke(offices: Offices) -> Office:
    office = offices["ke.central"]
    office.run(add_officer, "a.mwangi", "Ann Mwangi", "State Counsel")
    office.run(add_officer, "b.otieno", "Ben Otieno", "Head of Section")
    return office


def desk(officer: str | None, *four_eyes: str) -> Desk:
    return Desk(officer, checked(four_eyes))


def prepared(ke: Office) -> DraftView:
    draft = ke.run(act, desk("a.mwangi", "request"), Doing.REQUEST, REQUEST)
    assert isinstance(draft, DraftView)
    return draft


def test_a_draft_is_sent_when_a_second_officer_approves(offices: Offices, ke: Office) -> None:
    draft = prepared(ke)
    assert ke.run(list_matters) == []
    assert ke.events(EventKind.APPROVAL_WAITING)
    sent = ke.run(approve, desk("b.otieno", "request"), draft.draft[:8])
    offices.settle()
    body = offices["tz.central"].run(show_document, sent.document).body
    assert list(body["officers"]) == [
        {"name": "Ann Mwangi", "function": "State Counsel", "act": "prepared"},
        {"name": "Ben Otieno", "function": "Head of Section", "act": "approved"},
    ]
    (decided,) = ke.run(list_drafts, waiting=False)
    assert (decided.state, decided.decided_by, decided.sent_as) == (DraftState.SENT, "b.otieno", sent.document)
    with pytest.raises(Conflict, match=r"b\.otieno"):
        ke.run(approve, desk("b.otieno", "request"), draft.draft)
    assert len(ke.run(list_matters)) == 1


def test_who_prepared_cannot_approve_nor_the_administrator_pass_by(ke: Office) -> None:
    draft = prepared(ke)
    for officer in ("a.mwangi", None):
        with pytest.raises(NotAllowed):
            ke.run(approve, desk(officer, "request"), draft.draft)
    with pytest.raises(NotAllowed):
        ke.run(act, desk(None, "request"), Doing.REQUEST, REQUEST)
    assert ke.run(list_matters) == []


def test_a_refused_draft_is_not_sent(ke: Office) -> None:
    draft = prepared(ke)
    with pytest.raises(RefusedInput):
        ke.run(refuse, desk("b.otieno"), draft.draft, " ")
    assert ke.run(refuse, desk("b.otieno"), draft.draft, "Name the bank.").reason == "Name the bank."
    with pytest.raises(Conflict):
        ke.run(approve, desk("b.otieno"), draft.draft)
    assert ke.run(list_drafts, waiting=True) == []


def test_gaps_are_told_to_who_prepares(ke: Office) -> None:
    with pytest.raises(RefusedInput, match=r"18\(15\)\(f\)"):
        ke.run(act, desk("a.mwangi", "all"), Doing.REQUEST, REQUEST | {"fields": BANK_RECORDS | {"aim": ""}})
    assert ke.run(list_drafts, waiting=False) == []


def test_only_the_named_steps_need_a_second_officer(offices: Offices, ke: Office) -> None:
    sent = ke.run(act, desk("a.mwangi", "refused"), Doing.REQUEST, REQUEST)
    assert isinstance(sent, Sent)
    offices.settle()
    tz = offices["tz.central"]
    tz.run(add_officer, "c.juma", "Chausiku Juma", "")
    given = {"matter": sent.matter, "fields": {"outcome": "under_review"}, "attachments": []}
    assert isinstance(tz.run(act, desk("c.juma", "refused"), Doing.REPLY, given), Sent)
    consult = {"outcome": "consultation", "contemplates": "refusal", "text": "It is time-barred."}
    assert isinstance(tz.run(act, desk(None), Doing.REPLY, given | {"fields": consult}), Sent)
    refused = {"outcome": "refused", "grounds": ["18(21)(c)"], "text": "It is time-barred."}
    assert isinstance(tz.run(act, desk("c.juma", "refused"), Doing.REPLY, given | {"fields": refused}), DraftView)
    offices.settle()
    assert ke.run(show_matter, sent.matter).state == "consulting"


def test_what_no_longer_goes_is_not_sent_by_an_approval(offices: Offices, ke: Office) -> None:
    sent = ke.run(act, desk("a.mwangi"), Doing.REQUEST, REQUEST)
    assert isinstance(sent, Sent)
    offices.settle()
    tz = offices["tz.central"]
    for officer in ("c.juma", "d.hassan"):
        tz.run(add_officer, officer, officer, "")
    given = {"matter": sent.matter, "fields": {"outcome": "executed"}, "attachments": []}
    draft = tz.run(act, desk("c.juma", "reply"), Doing.REPLY, given)
    assert isinstance(draft, DraftView)
    ke.run(act, desk("a.mwangi"), Doing.REPLY, given | {"fields": {"outcome": "no_longer_required"}})
    offices.settle()
    with pytest.raises(Conflict):
        tz.run(approve, desk("d.hassan", "reply"), draft.draft)
    assert [each.state for each in tz.run(list_drafts, waiting=True)] == [DraftState.WAITING]


def test_names_are_not_given_by_who_asks(ke: Office) -> None:
    forged = BANK_RECORDS | {"officers": [{"name": "The Minister", "function": "", "act": "approved"}]}
    with pytest.raises(RefusedInput, match="told by the node"):
        ke.run(act, desk("a.mwangi"), Doing.REQUEST, REQUEST | {"fields": forged})


def test_who_left_can_do_nothing(ke: Office) -> None:
    draft = prepared(ke)
    ke.run(end_officer, "b.otieno")
    with pytest.raises(NotFound):
        ke.run(approve, desk("b.otieno"), draft.draft)
    assert set(ke.run(tokens).values()) == {"a.mwangi"}
    with pytest.raises(Conflict, match="before"):
        ke.run(add_officer, "b.otieno", "Another", "")


def test_tokens_are_kept_as_digests_only(ke: Office) -> None:
    added = ke.run(add_officer, "e.wanjiru", "Esther Wanjiru", "")
    assert ke.run(tokens)[token_digest(added.token)] == "e.wanjiru"
    assert added.token.encode() not in b"".join(ke.run(tokens))


@pytest.mark.parametrize(("officer", "name"), [("A", "x"), ("a b", "x"), ("../a", "x"), ("a", ""), ("a", "x\ny")])
def test_what_is_no_officer(ke: Office, officer: str, name: str) -> None:
    with pytest.raises(RefusedInput):
        ke.run(add_officer, officer, name, "")


def test_a_setting_that_means_nothing_is_refused() -> None:
    with pytest.raises(RefusedInput, match="tea"):
        checked(["request", "tea"])
