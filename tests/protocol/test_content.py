"""Contents and commitments."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.content import (
    CommitmentMismatch,
    Content,
    SentContent,
    SharedContent,
    check_commitment,
    decode_content,
    document_commitment,
    encode_content,
)
from rogatory.protocol.documents import MAX_ENVELOPE
from rogatory.protocol.errors import MalformedError

SENT = SentContent(b"i" * 16, b"s" * 32, b"{}")
SHARED = SharedContent(b"i" * 16, b"s" * 32, b"{}", 7)


@pytest.mark.parametrize("content", [SENT, SHARED])
def test_roundtrip(content: Content) -> None:
    assert decode_content(encode_content(content)) == content


@pytest.mark.parametrize(
    "changes",
    [
        {"id": b"short"},
        {"salt": b"short"},
        {"document": b"x" * (MAX_ENVELOPE + 1)},
        {"seq": 0},
        {"seq": -1},
        {"seq": 1 << 63},
    ],
    ids=str,
)
def test_out_of_bounds_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        decode_content(encode_content(msgspec.structs.replace(SHARED, **changes)))


def test_another_kind_of_content_is_refused() -> None:
    for value in (["certificate", b"i" * 16, b"s" * 32, b"{}"], [], {}, None, ["document"]):
        with pytest.raises(MalformedError):
            decode_content(msgspec.msgpack.encode(value))


def test_commitment_is_the_hash_of_label_salt_and_digest() -> None:
    expected = hashlib.sha256(b"rogatory document commitment 1" + b"s" * 32 + b"d" * 32).digest()
    assert document_commitment(b"s" * 32, b"d" * 32) == expected
    check_commitment(SENT, b"d" * 32, expected)


def test_an_entry_that_commits_to_another_document_is_refused() -> None:
    for salt, digest in ((b"S" * 32, b"d" * 32), (b"s" * 32, b"D" * 32)):
        with pytest.raises(CommitmentMismatch):
            check_commitment(SENT, b"d" * 32, document_commitment(salt, digest))


def test_an_entry_that_commits_to_nothing_is_refused() -> None:
    with pytest.raises(CommitmentMismatch):
        check_commitment(SENT, b"d" * 32, None)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_lead_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_content(data)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 200), st.binary(max_size=4), st.integers(0, 4))
def test_mutated_contents_lead_to_a_value_or_the_documented_error(at: int, inserted: bytes, dropped: int) -> None:
    valid = encode_content(SHARED)
    with suppress(MalformedError):
        assert isinstance(decode_content(valid[:at] + inserted + valid[at + dropped :]), Content)
