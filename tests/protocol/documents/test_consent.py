"""Amendments: complete when exactly the existing parties signed the same bytes."""

from __future__ import annotations

import pytest

from rogatory.protocol.documents import (
    IncompleteAmendment,
    SignerIsNotAuthor,
    WrongSignature,
    check_amendment,
    open_consent,
    open_document,
    peek_document,
    sign_consent,
    sign_document,
)
from rogatory.protocol.documents.dsse import Envelope, decode_envelope, encode_envelope
from tests.protocol.examples import BODIES, KENYA, TANZANIA, UGANDA, keys_of, payload, signer

PARTIES = {"ke.central", "tz.central"}
PROPOSED = sign_document(payload(BODIES["amendment"]), KENYA)
AGREED = sign_consent(open_document(PROPOSED, keys_of), TANZANIA)


def test_all_parties_signatures_make_it_complete() -> None:
    amendment = check_amendment([AGREED, PROPOSED], PARTIES, keys_of)
    assert amendment.signer == "ke.central"
    assert amendment.envelope == PROPOSED


def test_a_consent_has_the_amendments_digest_and_shows_as_consent() -> None:
    assert open_consent(AGREED, keys_of).digest == open_document(PROPOSED, keys_of).digest
    assert peek_document(AGREED).is_consent
    assert not peek_document(PROPOSED).is_consent


def test_a_consent_is_no_document_of_its_signer() -> None:
    with pytest.raises(SignerIsNotAuthor):
        open_document(AGREED, keys_of)


def test_missing_signatures_are_named() -> None:
    with pytest.raises(IncompleteAmendment, match=r"tz\.central") as caught:
        check_amendment([PROPOSED], PARTIES, keys_of)
    assert caught.value.missing == {"tz.central"}
    with pytest.raises(IncompleteAmendment):
        check_amendment([], set(), keys_of)


def test_the_proposers_own_signature_is_needed() -> None:
    with pytest.raises(IncompleteAmendment, match=r"ke\.central"):
        check_amendment([AGREED], PARTIES, keys_of)
    with pytest.raises(IncompleteAmendment, match="no party"):
        check_amendment([AGREED], {"tz.central"}, keys_of)


def test_a_stranger_may_not_sign() -> None:
    stranger = sign_consent(peek_document(PROPOSED), UGANDA)
    with pytest.raises(IncompleteAmendment, match=r"ug\.central"):
        check_amendment([PROPOSED, AGREED, stranger], PARTIES, keys_of)


def test_parties_signed_one_text() -> None:
    other = sign_document(payload(BODIES["amendment"], message_id=b"another amendmen"), KENYA)
    with pytest.raises(IncompleteAmendment, match="different"):
        check_amendment([other, AGREED], PARTIES, keys_of)


def test_who_left_since_need_not_have_signed() -> None:
    parties = PARTIES | {"rw.central"}
    with pytest.raises(IncompleteAmendment):
        check_amendment([PROPOSED, AGREED], parties, keys_of)
    assert check_amendment([PROPOSED, AGREED], parties, keys_of, gone={"rw.central"})


def test_an_existing_party_is_not_added_again() -> None:
    agreed = sign_consent(peek_document(PROPOSED), UGANDA)
    with pytest.raises(IncompleteAmendment, match="already"):
        check_amendment([PROPOSED, AGREED, agreed], PARTIES | {"ug.central"}, keys_of)


def test_only_amendments_are_signed_by_others() -> None:
    charter = sign_document(payload(BODIES["charter"]), KENYA)
    with pytest.raises(SignerIsNotAuthor):
        sign_consent(open_document(charter, keys_of), TANZANIA)
    with pytest.raises(SignerIsNotAuthor):
        open_consent(charter, keys_of)


def test_a_forged_consent_is_refused() -> None:
    parts = decode_envelope(PROPOSED)
    forged = encode_envelope(Envelope(parts.payload, "tz.central", 1, parts.ed25519, parts.mldsa65))
    with pytest.raises(WrongSignature):
        check_amendment([PROPOSED, forged], PARTIES, keys_of)


def test_the_proposer_signs_with_the_key_set_that_it_names() -> None:
    second = sign_consent(open_document(PROPOSED, keys_of), signer("ke.central", 2))
    with pytest.raises(SignerIsNotAuthor, match="key set"):
        open_consent(second, keys_of)
