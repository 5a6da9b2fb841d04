"""What nodes state by themselves: who has not seen a document in time, and what officers opened."""

from __future__ import annotations

import pytest

from rogatory.node.errors import RefusedInput
from rogatory.node.evidences.stating import GATHER, SETTLE, Terms
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.views import EvidenceView
from rogatory.node.inbox.writing import sign
from rogatory.node.matters.commands import close, say, send_request
from rogatory.node.matters.opening import open_document, open_documents
from rogatory.node.matters.queries import show_matter
from rogatory.node.matters.views import Sent
from rogatory.node.officers.registering import add_officer
from rogatory.node.registry import Registry
from rogatory.protocol.documents import DocumentRef, Evidence, Stated, Statement
from rogatory.protocol.rejection import RefusedEntry, Rejection
from tests.node.letters import BANK_RECORDS
from tests.node.offices import RELAY, Office, Offices

TERMS = Terms()


@pytest.fixture
def ke(offices: Offices) -> Office:
    return offices["ke.central"]


@pytest.fixture
def sent(offices: Offices, ke: Office) -> Sent:
    """A request of Kenya to Tanzania and Uganda, which nobody has acknowledged."""
    done = ke.run(send_request, ["tz.central", "ug.central"], BANK_RECORDS)
    offices.settle()
    for name in ("ke.central", "tz.central", "ug.central"):
        offices[name].live_since = offices.now
    return done


def shown(office: Office, document: str) -> dict[tuple[str, str], str]:
    """The current evidences: what is found, by stage and authority."""
    found = office.run(show_document, document).evidences
    assert len({(each.stage, each.authority) for each in found}) == len(found)
    return {(each.stage, each.authority): each.finding for each in found}


def let_pass(offices: Offices, seconds: float) -> None:
    """Time passes, and every node's clock ticks."""
    offices.now += seconds
    for _ in range(2):
        for name in ("ke.central", "tz.central", "ug.central"):
            offices[name].run(lambda tx: None)
        offices.settle()


def former(office: Office, document: str) -> list[EvidenceView]:
    return office.run(show_document, document).superseded


def statements(office: Office, matter: str) -> int:
    return sum(each.kind == Evidence.KIND for each in office.run(show_matter, matter).documents)


def test_what_was_not_seen_in_time_is_stated_once_and_superseded_by_its_delivery(
    offices: Offices, ke: Office, sent: Sent
) -> None:
    channel = bytes.fromhex(sent.matter)
    offices.acknowledge(channel, "ug.central")
    let_pass(offices, TERMS.delivery - 100)
    assert shown(ke, sent.document) == {
        ("submission", "relay.one"): "acceptance",
        ("delivery", "ug.central"): "delivery",
    }
    let_pass(offices, 200)
    let_pass(offices, 200)
    everybody = [shown(offices[name], sent.document) for name in ("ke.central", "tz.central", "ug.central")]
    assert {each[("delivery", "tz.central")] for each in everybody} == {"non_delivery"}
    assert statements(ke, sent.matter) == 1
    [told] = ke.events(EventKind.EVIDENCE)
    assert told.code == "non_delivery"
    assert "not seen by tz.central until" in told.summary
    assert "says the node of ke.central" in told.summary

    offices.acknowledge(channel, "tz.central")
    assert shown(ke, sent.document)[("delivery", "tz.central")] == "delivery"
    assert [each.finding for each in former(ke, sent.document)] == ["non_delivery"]
    assert [event.code for event in ke.events(EventKind.EVIDENCE)] == ["non_delivery", "delivery"]


def test_what_could_not_be_opened_is_told_as_that_and_not_as_absence(offices: Offices, ke: Office, sent: Sent) -> None:
    channel = bytes.fromhex(sent.matter)
    place = ke.run(show_document, sent.document).seq
    assert place is not None
    offices.acknowledge(channel, "tz.central", excepted=[place])
    offices.acknowledge(channel, "ug.central")
    let_pass(offices, TERMS.delivery + 100)
    assert shown(ke, sent.document)[("delivery", "tz.central")] == "exception"
    assert statements(ke, sent.matter) == 0
    assert [event.code for event in ke.events(EventKind.EVIDENCE)] == ["exception"]


def test_an_opening_is_stated_once_for_all_that_was_opened(offices: Offices, ke: Office, sent: Sent) -> None:
    tz = offices["tz.central"]
    second = ke.run(say, sent.matter, "And one more thing.")
    offices.settle()
    for _ in range(3):
        tz.run(open_document, sent.document, None)
        tz.run(open_documents, sent.matter, None)
    assert ("retrieval", "tz.central") not in shown(ke, sent.document)
    let_pass(offices, GATHER + 1)
    tz.run(open_document, sent.document, None)
    let_pass(offices, GATHER + 1)
    assert statements(ke, sent.matter) == 1
    for office in (ke, tz, offices["ug.central"]):
        for document in (sent.document, second.document):
            assert shown(office, document)[("retrieval", "tz.central")] == "retrieval"
    says = [each.says for each in ke.run(show_document, sent.document).evidences if each.stage == "retrieval"]
    assert "opened by an officer of tz.central on" in says[0]
    assert [event.code for event in ke.events(EventKind.EVIDENCE)] == ["retrieval", "retrieval"]
    assert not tz.events(EventKind.EVIDENCE)


def test_an_officer_is_named_where_the_authority_wants_it_however_long_the_name_is(
    offices: Offices, ke: Office, sent: Sent
) -> None:
    tz = offices["tz.central"]
    tz.registry = Registry(terms=Terms(names_officers=True))
    name = "A" * 300
    with pytest.raises(RefusedInput, match="on one line"):
        tz.run(add_officer, "a.juma", name + "A", "")
    tz.run(add_officer, "a.juma", name, "")
    tz.run(open_document, sent.document, "a.juma")
    let_pass(offices, GATHER + 1)
    [told] = [each for each in ke.run(show_document, sent.document).evidences if each.stage == "retrieval"]
    assert f"opened by {name} of tz.central" in told.says


def test_a_refusal_is_kept_once_however_often_the_relay_signs_it(offices: Offices, ke: Office) -> None:
    """What waits for room at the relay is tried again every half minute, and each refusal has a time of its own."""
    sent = ke.run(send_request, ["tz.central"], BANK_RECORDS)
    channel, document = bytes.fromhex(sent.matter), bytes.fromhex(sent.document)
    start = int(offices.now * 1000)

    def reject(code: str, at: int) -> None:
        refused = RefusedEntry(channel, "ke.central", bytes(32), code, at)
        ke.run(ke.registry.rejected, channel, document, Rejection(RELAY, refused, 0, 1, [], bytes(64)))

    for later in (0, 30_000, 60_000, -30_000, -60_000):
        reject("quota", start + later)
        reject("not_a_member", start + later + 1)
        reject("whim", start + later)
    assert shown(ke, sent.document)[("submission", RELAY)] == "rejection"
    assert len(former(ke, sent.document)) == 1
    assert [event.code for event in ke.events(EventKind.EVIDENCE)] == ["rejection"]


def test_absence_of_an_opening_is_stated_and_superseded(offices: Offices, ke: Office, sent: Sent) -> None:
    for name in ("tz.central", "ug.central"):
        offices.acknowledge(bytes.fromhex(sent.matter), name)
    let_pass(offices, TERMS.delivery + 100)
    let_pass(offices, TERMS.retrieval)
    assert shown(ke, sent.document)[("retrieval", "tz.central")] == "non_retrieval"
    tz = offices["tz.central"]
    tz.run(open_document, sent.document, None)
    let_pass(offices, GATHER + 1)
    for office in (ke, tz, offices["ug.central"]):
        found = shown(office, sent.document)
        assert found[("retrieval", "tz.central")] == "retrieval"
        assert found[("retrieval", "ug.central")] == "non_retrieval"


def test_nothing_is_stated_while_the_relay_is_not_reached_or_was_just_reached(
    offices: Offices, ke: Office, sent: Sent
) -> None:
    ke.live_since = None
    let_pass(offices, TERMS.delivery + 100)
    assert ("delivery", "tz.central") not in shown(ke, sent.document)
    ke.live_since = offices.now + 50
    let_pass(offices, 50 + SETTLE - 2)
    assert ("delivery", "tz.central") not in shown(ke, sent.document)
    let_pass(offices, 60)
    assert shown(ke, sent.document)[("delivery", "tz.central")] == "non_delivery"


def test_an_emergency_waits_less(offices: Offices, ke: Office) -> None:
    emergency = {**BANK_RECORDS, "urgency": "emergency", "urgency_reason": "A life is in danger."}
    done = ke.run(send_request, ["tz.central"], emergency)
    offices.settle()
    ke.live_since = offices.now
    let_pass(offices, TERMS.delivery / 24 + 60)
    assert shown(ke, done.document)[("delivery", "tz.central")] == "non_delivery"


def test_a_closed_matter_states_nothing(offices: Offices, ke: Office, sent: Sent) -> None:
    tz = offices["tz.central"]
    tz.run(open_document, sent.document, None)
    ke.run(close, sent.matter, "Done.")
    offices.settle()
    let_pass(offices, TERMS.delivery + 100)
    assert statements(ke, sent.matter) == 0


def state(stated: Stated, sent: Sent, digest: str, authority: str) -> Evidence:
    document = DocumentRef(id=sent.document, digest=digest)
    one = Statement(document=document, stated=stated, authority=authority, at="2026-11-23T12:00:00Z")
    return Evidence(statements=(one,))


@pytest.mark.parametrize("what", ["another digest", "another author", "own retrieval"])
def test_what_is_not_the_signers_to_say_is_void(offices: Offices, ke: Office, sent: Sent, what: str) -> None:
    digest = ke.run(show_document, sent.document).digest
    author, body = "ug.central", state(Stated.NON_DELIVERY, sent, digest, "tz.central")
    if what == "another digest":
        author, body = "ke.central", state(Stated.NON_DELIVERY, sent, "00" * 32, "tz.central")
    if what == "own retrieval":
        author, body = "ke.central", state(Stated.RETRIEVAL, sent, digest, "ke.central")
    channel = bytes.fromhex(sent.matter)
    envelope = offices[author].run(sign, channel, body).envelope
    before = shown(ke, sent.document)
    offices.deliver(channel, author, envelope)
    assert shown(ke, sent.document) == before
    assert [event.code for event in offices["tz.central"].events(EventKind.DOCUMENT_VOID)] == ["wrong_evidence"]


def test_who_says_the_same_again_and_again_fills_neither_database_nor_inbox(
    offices: Offices, ke: Office, sent: Sent
) -> None:
    channel, tz = bytes.fromhex(sent.matter), offices["tz.central"]
    document = DocumentRef(id=sent.document, digest=ke.run(show_document, sent.document).digest)
    for minute in range(30, 10, -1):
        at = f"2026-11-22T12:{minute}:00Z"
        one = Statement(
            document=document, stated=Stated.RETRIEVAL, authority="tz.central", at=at, officer=f"M. {minute}"
        )
        offices.deliver(channel, "tz.central", tz.run(sign, channel, Evidence(statements=(one,))).envelope)
    shown_now = ke.run(show_document, sent.document)
    [current] = [each for each in shown_now.evidences if each.stage == "retrieval"]
    assert "M. 11" in current.says
    assert not shown_now.superseded
    assert [event.code for event in ke.events(EventKind.EVIDENCE)] == ["retrieval"]
    for minute in range(30, 10, -1):
        at = f"2026-11-22T12:{minute}:00Z"
        one = Statement(document=document, stated=Stated.NON_RETRIEVAL, authority="tz.central", at=at)
        offices.deliver(channel, "ke.central", ke.run(sign, channel, Evidence(statements=(one,))).envelope)
    assert [each.finding for each in former(tz, sent.document)] == ["non_retrieval"]


def test_what_is_stated_of_a_stranger_to_the_matter_is_void(offices: Offices, ke: Office, sent: Sent) -> None:
    """Else the author of a document could fill its matter with as many addressees as it makes up."""
    channel = bytes.fromhex(sent.matter)
    body = state(Stated.NON_DELIVERY, sent, ke.run(show_document, sent.document).digest, "zz.nobody")
    offices.deliver(channel, "ke.central", ke.run(sign, channel, body).envelope)
    tz = offices["tz.central"]
    assert ("delivery", "zz.nobody") not in shown(tz, sent.document)
    assert [event.code for event in tz.events(EventKind.DOCUMENT_VOID)] == ["wrong_evidence"]
