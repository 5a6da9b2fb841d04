"""A dishonest party gives its own document the id of another's: the other's is found, shown and stated as before."""

from __future__ import annotations

import msgspec

from rogatory.node.evidences.stating import GATHER
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.writing import draft, sign_draft
from rogatory.node.matters.commands import add_party, agree, say, send_request, share
from rogatory.node.matters.following import follow_up
from rogatory.node.matters.handing_on import letter_to_hand_on
from rogatory.node.matters.opening import open_document, open_documents, open_matter
from rogatory.node.matters.queries import documents_in, list_amendments, show_matter
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Consultation, Payload
from tests.node.letters import BANK_RECORDS
from tests.node.offices import Office, Offices

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def copying(office: Office, matter: str, document: str) -> bytes:
    """A message of this office under the id of another document."""

    def written(tx: Tx) -> Payload:
        body = Consultation(text="I say something else.", language="en")
        return draft(tx, bytes.fromhex(matter), body, addressees=(KE,))

    payload = msgspec.structs.replace(office.run(written), id=document)
    return sign_draft(payload, office.identity.document_signer()).envelope


def test_a_document_is_found_by_its_id_though_another_copies_it(offices: Offices) -> None:
    sent = offices[KE].run(send_request, [TZ, UG], BANK_RECORDS)
    offices.settle()
    offices.deliver(bytes.fromhex(sent.matter), UG, copying(offices[UG], sent.matter, sent.document))
    copied = offices[TZ].run(open_documents, sent.matter, None)[-1]
    assert (copied.id, copied.author) == (sent.document, UG)
    for name in (KE, TZ):
        for given in (sent.document, sent.document[:12]):
            assert offices[name].run(open_document, given, None).author == KE
        assert offices[name].run(open_document, copied.digest, None) == copied


def test_a_request_that_came_after_its_copy_is_the_matters_request(offices: Offices) -> None:
    matter = offices[KE].run(send_request, [TZ], BANK_RECORDS).matter
    offices.settle()
    offices[KE].run(add_party, matter, [UG], "They know the bank.")
    offices.settle()
    offices[TZ].run(agree, matter, offices[TZ].run(list_amendments, matter)[0].digest)
    offices.settle()
    request = offices[KE].run(show_matter, matter).request
    assert request is not None
    offices.deliver(bytes.fromhex(matter), TZ, copying(offices[TZ], matter, request.id))
    offices[KE].run(share, matter, [request.id])
    offices.settle()
    uganda = offices[UG]
    shown = uganda.run(open_matter, matter, None).request
    assert shown is not None
    assert (shown.author, shown.digest) == (KE, request.digest)
    assert uganda.run(letter_to_hand_on, matter).digest == request.digest
    assert uganda.run(follow_up, matter).request["related"][0]["digest"] == request.digest


def test_what_is_stated_of_a_document_counts_though_another_copies_its_id(offices: Offices) -> None:
    sent = offices[KE].run(send_request, [TZ, UG], BANK_RECORDS)
    offices.settle()
    said = offices[KE].run(say, sent.matter, "And one more thing.")
    offices.deliver(bytes.fromhex(sent.matter), UG, copying(offices[UG], sent.matter, said.document))
    offices.settle()
    offices[TZ].run(open_documents, sent.matter, None)
    offices.now += GATHER + 1
    offices[TZ].run(lambda tx: None)
    offices.settle()
    for name in (KE, UG):
        told = [each for each in offices[name].run(documents_in, sent.matter) if each.kind == "evidence"]
        assert [each.void for each in told] == [None]
    found = offices[KE].run(show_document, said.document)
    assert {each.finding for each in found.evidences if each.stage == "retrieval"} == {"retrieval"}
