"""Envelopes: what signatures bind, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.documents import (
    KINDS,
    MAX_ENVELOPE,
    DocumentError,
    DocumentKeys,
    DocumentTooLarge,
    MalformedDocument,
    SignerIsNotAuthor,
    UnknownKeySet,
    WrongSignature,
    document_digest,
    envelope_digest,
    open_document,
    peek_document,
    sign_document,
    signed_document,
)
from rogatory.protocol.documents.dsse import Envelope, decode_envelope, encode_envelope, pae
from rogatory.protocol.documents.registry import encode_payload
from rogatory.protocol.documents.signing import sign_envelope
from tests.protocol.examples import BODIES, KENYA, TANZANIA, keys_of, payload, signer

SIGNED = sign_document(payload(BODIES["consultation"]), KENYA)


def changed(**changes: Any) -> bytes:
    """SIGNED with other members of its JSON, in the one encoding."""
    return json.dumps({**json.loads(SIGNED), **changes}, separators=(",", ":")).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_signed_is_what_its_envelope_says(kind: str) -> None:
    document = signed_document(payload(BODIES[kind]), KENYA)
    assert document == peek_document(document.envelope)
    assert document.digest == envelope_digest(document.envelope)


def test_no_digest_is_found_in_what_is_no_envelope() -> None:
    for data in (b"", b"{}", b'{"payloadType":"","payload":"?","signatures":[]}'):
        with pytest.raises(MalformedDocument):
            envelope_digest(data)


def test_pae_is_that_of_the_dsse_specification() -> None:
    # The example of secure-systems-lab/dsse, protocol.md.
    assert (
        pae(b"hello world", "http://example.com/HelloWorld")
        == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_signed_and_opened(kind: str) -> None:
    written = payload(BODIES[kind])
    document = open_document(sign_document(written, KENYA), keys_of)
    assert document.payload == written
    assert document.kind == kind
    assert (document.signer, document.key_set) == ("ke.central", 1)


def test_digest_does_not_depend_on_the_randomised_signatures() -> None:
    again = sign_document(payload(BODIES["consultation"]), KENYA)
    assert again != SIGNED
    assert open_document(again, keys_of).digest == open_document(SIGNED, keys_of).digest
    assert open_document(SIGNED, keys_of).digest == document_digest(open_document(SIGNED, keys_of).payload_bytes)


def test_any_changed_byte_is_refused() -> None:
    # One bit in every byte of a whole envelope; each must be refused, whatever the byte is.
    step = 7  # of some 5,000 bytes: all parts are met, the JSON's own characters among them
    for position in [*range(200), *range(200, len(SIGNED), step), len(SIGNED) - 1]:
        mutated = bytearray(SIGNED)
        mutated[position] ^= 1
        with pytest.raises(DocumentError):
            open_document(bytes(mutated), keys_of)


def test_truncated_or_extended_envelopes_are_refused() -> None:
    for data in (b"", SIGNED[:-1], SIGNED[: len(SIGNED) // 2], SIGNED + b" ", b" " + SIGNED, SIGNED + SIGNED):
        with pytest.raises(MalformedDocument):
            open_document(data, keys_of)


def test_another_encoding_of_the_same_envelope_is_refused() -> None:
    parts = json.loads(SIGNED)
    for data in (
        json.dumps(parts).encode(),
        json.dumps(dict(reversed(parts.items())), separators=(",", ":")).encode(),
        changed(extra=1),
        changed(payload=parts["payload"].replace("=", "") + "\\n"),
    ):
        with pytest.raises(MalformedDocument):
            open_document(data, keys_of)


def test_one_signature_is_not_enough() -> None:
    both = json.loads(SIGNED)["signatures"]
    for signatures in ([], both[:1], both[1:], [*both, both[0]], both[::-1], [both[0], both[0]]):
        with pytest.raises(MalformedDocument):
            open_document(changed(signatures=signatures), keys_of)


def test_both_signatures_must_verify() -> None:
    parts = decode_envelope(SIGNED)
    other = sign_envelope(b"another payload", KENYA)
    for envelope in (
        Envelope(parts.payload, parts.signer, parts.key_set, other.ed25519, parts.mldsa65),
        Envelope(parts.payload, parts.signer, parts.key_set, parts.ed25519, other.mldsa65),
    ):
        with pytest.raises(WrongSignature):
            open_document(encode_envelope(envelope), keys_of)


def test_both_signatures_are_of_one_key_set() -> None:
    both = json.loads(SIGNED)["signatures"]
    for keyid in ("ke.central#2/mldsa65", "tz.central#1/mldsa65", "ke.central#01/mldsa65", "ke.central/mldsa65"):
        with pytest.raises(MalformedDocument):
            open_document(changed(signatures=[both[0], {**both[1], "keyid": keyid}]), keys_of)


def test_payload_type_is_ours() -> None:
    with pytest.raises(MalformedDocument):
        open_document(changed(payloadType="application/json"), keys_of)


def test_a_document_signed_by_another_than_its_author_is_refused() -> None:
    written = payload(BODIES["consultation"])
    with pytest.raises(SignerIsNotAuthor):
        sign_document(written, TANZANIA)
    forged = encode_envelope(sign_envelope(encode_payload(written), TANZANIA))
    with pytest.raises(SignerIsNotAuthor):
        open_document(forged, keys_of)


def test_a_document_signed_with_another_key_set_than_it_names_is_refused() -> None:
    second = signer("ke.central", 2)
    with pytest.raises(SignerIsNotAuthor):
        sign_document(payload(BODIES["consultation"]), second)
    forged = encode_envelope(sign_envelope(encode_payload(payload(BODIES["consultation"])), second))
    with pytest.raises(SignerIsNotAuthor):
        open_document(forged, keys_of)


def test_an_unknown_key_set_is_named_as_such() -> None:
    stranger = signer("ng.central")
    document = sign_document(payload(BODIES["consultation"], author="ng.central"), stranger)
    with pytest.raises(UnknownKeySet):
        open_document(document, keys_of)
    with pytest.raises(UnknownKeySet, match="wrong length"):
        open_document(SIGNED, lambda authority, key_set: DocumentKeys(b"short", b"short"))


def test_the_key_set_of_another_authority_does_not_verify() -> None:
    with pytest.raises(WrongSignature):
        open_document(SIGNED, lambda authority, key_set: TANZANIA.keys)


def test_an_envelope_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(DocumentTooLarge):
        open_document(b"x" * (MAX_ENVELOPE + 1), keys_of)


def test_peeking_shows_the_claim_and_checks_no_signature() -> None:
    parts = decode_envelope(SIGNED)
    forged = encode_envelope(Envelope(parts.payload, parts.signer, parts.key_set, bytes(64), bytes(len(parts.mldsa65))))
    claim = peek_document(forged)
    assert claim.payload.author == "ke.central"
    assert not claim.is_consent
    with pytest.raises(WrongSignature):
        open_document(forged, keys_of)


def test_seeds_do_not_show() -> None:
    assert "KENYA" not in repr(KENYA)
    assert "ke.central#1" not in repr(KENYA)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_lead_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        open_document(data, keys_of)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(SIGNED) - 1), st.binary(max_size=5), st.integers(0, 20))
def test_spliced_envelopes_lead_to_a_documented_error(position: int, inserted: bytes, dropped: int) -> None:
    mutated = SIGNED[:position] + inserted + SIGNED[position + dropped :]
    if mutated != SIGNED:
        with pytest.raises(DocumentError):
            open_document(mutated, keys_of)


def test_base64_of_the_payload_is_the_exact_bytes() -> None:
    document = open_document(SIGNED, keys_of)
    assert base64.b64decode(json.loads(SIGNED)["payload"]) == document.payload_bytes
    assert document.envelope is SIGNED
