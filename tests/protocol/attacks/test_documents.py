"""What an author can hide in a document, or make of somebody else's signature."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rogatory.protocol.documents import (
    DocumentError,
    IncompleteAmendment,
    MalformedDocument,
    MissingEssential,
    SignerIsNotAuthor,
    UnsoundDocument,
    WrongSignature,
    check_amendment,
    open_consent,
    open_document,
    peek_document,
    sign_consent,
    sign_document,
)
from rogatory.protocol.documents.dsse import Envelope, decode_envelope, encode_envelope
from rogatory.protocol.documents.registry import decode_payload, encode_payload
from tests.protocol.examples import BODIES, KENYA, TANZANIA, bank_records, keys_of, payload


def tampered(kind: str, change: Any) -> bytes:
    """The payload of a kind's example, changed as JSON."""
    data = json.loads(encode_payload(payload(BODIES[kind])))
    change(data)
    return json.dumps(data).encode()


INVISIBLE = ["\u200b", "\u2060\u200d", "\u00ad", " \u200e ", "\u2063\u3000"]


@pytest.mark.parametrize("nothing", INVISIBLE)
def test_a_text_that_nobody_can_see_says_nothing(nothing: str) -> None:
    with pytest.raises(MissingEssential):
        sign_document(payload(bank_records(facts=nothing)), KENYA)
    with pytest.raises(UnsoundDocument):
        decode_payload(tampered("amendment", lambda data: data["body"].update(reason=nothing)))


def test_writing_that_needs_format_characters_is_taken() -> None:
    for words in ("می\u200cخواهم", "क्\u200dष", "\u2067עברית\u2069 and Latin"):
        assert decode_payload(encode_payload(payload(bank_records(facts=words))))


@pytest.mark.parametrize(
    "hidden",
    ["".join(chr(0xE0000 + ord(letter)) for letter in "not for you"), "\ufff9a\ufffab\ufffb", "\ufeff", "\u202e"],
    ids=["tags", "annotation", "byte order mark", "override"],
)
@pytest.mark.parametrize("field", ["subject", "facts", "reference"])
def test_nothing_is_signed_that_no_reader_sees(field: str, hidden: str) -> None:
    with pytest.raises(MalformedDocument):
        decode_payload(tampered("request", lambda data: data["body"].update({field: f"seen{hidden}"})))


@pytest.mark.parametrize(
    "authority",
    [
        "KE.central",
        "ke.Central",
        "ke.central\n",
        "ke.central\u200b",
        "ke.centra\u217c",
        "ke．central",
        "ke.central ",
        "",
    ],
)
def test_no_name_looks_like_another_authoritys(authority: str) -> None:
    with pytest.raises(MalformedDocument):
        decode_payload(tampered("consultation", lambda data: data.update(addressees=[authority])))
    with pytest.raises(MalformedDocument):
        decode_payload(tampered("consultation", lambda data: data.update(author=authority)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key_set", "1e400"),
        ("key_set", "NaN"),
        ("key_set", "1" * 5000),
        ("key_set", "1.0000000000000001"),
        ("v", "1.0"),
    ],
)
def test_numbers_have_one_reading(name: str, value: str) -> None:
    data = encode_payload(payload(BODIES["leave"]))
    assert data.count(b'"v":1,') == data.count(b'"key_set":1,') == 1
    changed = data.replace(f'"{name}":1,'.encode(), f'"{name}":{value},'.encode())
    try:
        decoded = decode_payload(changed)
    except DocumentError:
        return
    assert decoded.key_set == decoded.v == 1  # 1.0 is 1 wherever JSON is read


def test_a_name_that_stands_twice_is_refused_however_it_is_written() -> None:
    data = encode_payload(payload(BODIES["leave"]))
    again = data.replace(b'"kind":"leave"', b'"kind":"leave","\\u006bind":"leave"')
    assert again != data
    with pytest.raises(MalformedDocument, match="twice"):
        decode_payload(again)


# One party's signature for another's, one document's for another's.


def test_a_signature_is_not_moved_to_another_payload_or_signer() -> None:
    ours = decode_envelope(sign_document(payload(BODIES["leave"]), KENYA))
    other = decode_envelope(sign_document(payload(BODIES["amendment"]), KENYA))
    moved = Envelope(other.payload, ours.signer, ours.key_set, ours.ed25519, ours.mldsa65)
    with pytest.raises(WrongSignature):
        open_document(encode_envelope(moved), keys_of)
    for mixed in (
        Envelope(ours.payload, "tz.central", 1, ours.ed25519, ours.mldsa65),
        Envelope(ours.payload, ours.signer, 2, ours.ed25519, ours.mldsa65),
        Envelope(ours.payload, ours.signer, 1, ours.ed25519, other.mldsa65),
        Envelope(ours.payload, ours.signer, 1, other.ed25519, ours.mldsa65),
    ):
        with pytest.raises(WrongSignature):
            open_document(encode_envelope(mixed), keys_of)


def test_a_consent_is_nothing_but_a_consent() -> None:
    amendment = sign_document(payload(BODIES["amendment"]), KENYA)
    consent = sign_consent(peek_document(amendment), TANZANIA)
    with pytest.raises(SignerIsNotAuthor):
        open_document(consent, keys_of)
    # Renamed to its author it is no signature of the author's.
    parts = decode_envelope(consent)
    renamed = encode_envelope(Envelope(parts.payload, "ke.central", 1, parts.ed25519, parts.mldsa65))
    with pytest.raises(WrongSignature):
        open_consent(renamed, keys_of)
    # Nobody can be made to consent to anything else.
    with pytest.raises(SignerIsNotAuthor):
        sign_consent(peek_document(sign_document(payload(BODIES["leave"]), KENYA)), TANZANIA)


def test_one_party_does_not_sign_for_two() -> None:
    amendment = sign_document(payload(BODIES["amendment"]), KENYA)
    again = sign_document(payload(BODIES["amendment"]), KENYA)  # ML-DSA is randomised: other bytes, same document
    consent = sign_consent(peek_document(amendment), KENYA)
    with pytest.raises(IncompleteAmendment, match=r"tz\.central"):
        check_amendment([amendment, again, consent], {"ke.central", "tz.central"}, keys_of)
