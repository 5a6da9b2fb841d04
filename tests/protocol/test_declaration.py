"""Declarations: what an entry says in the clear."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.declaration import (
    Declaration,
    DirectoryPin,
    Seen,
    access_digest,
    check_access,
    decode_declaration,
    encode_declaration,
)
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import MAX_DECLARATION, MAX_MEMBERS

PLAIN = Declaration(DirectoryPin(7, 3), Seen(4, b"h" * 32), document=b"d" * 32)
COMMIT = Declaration(
    DirectoryPin(7, 3), Seen(4, b"h" * 32), access=["ke.central", "tz.central"], amendment=b"a" * 32, rejoins=[3]
)
FIRST = Declaration(DirectoryPin(1), Seen(0, b"h" * 32))


@pytest.mark.parametrize("declaration", [PLAIN, COMMIT, FIRST])
def test_roundtrip(declaration: Declaration) -> None:
    assert decode_declaration(encode_declaration(declaration)) == declaration


def test_the_longest_access_list_fits() -> None:
    access = sorted(f"ke.{number:036d}" for number in range(MAX_MEMBERS))
    longest = msgspec.structs.replace(COMMIT, access=access, rejoins=[1 << 60] * MAX_MEMBERS)
    assert decode_declaration(encode_declaration(longest)) == longest


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"directory": DirectoryPin(-1)},
        {"directory": DirectoryPin(1, -1)},
        {"seen": Seen(-1, b"h" * 32)},
        {"seen": Seen(1, b"short")},
        {"document": b"short"},
        {"amendment": b"short"},
        {"access": []},
        {"access": ["tz.central", "ke.central"]},
        {"access": ["ke.central", "ke.central"]},
        {"access": [""]},
        {"access": ["k" * 65]},
        {"access": sorted(f"ke.{number}" for number in range(MAX_MEMBERS + 1))},
        {"rejoins": [0]},
        {"rejoins": [-1]},
        {"rejoins": [1] * (MAX_MEMBERS + 1)},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_out_of_bounds_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        decode_declaration(encode_declaration(msgspec.structs.replace(COMMIT, **changes)))


def test_a_declaration_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(MalformedError, match="at most"):
        decode_declaration(bytes(MAX_DECLARATION + 1))


@pytest.mark.parametrize(
    "data",
    [b"", b"\x91" * 100_000, b"\x94\xdd\xff\xff\xff\xff", b"\x92\x92\x01\x01\xa2\xff\xff"],
    ids=lambda data: repr(data[:10]),
)
def test_hostile_msgpack_leads_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_declaration(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_lead_to_the_documented_error(data: bytes) -> None:
    with suppress(MalformedError):
        check_value(decode_declaration(data))


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([PLAIN, COMMIT, FIRST]), st.integers(0, 120), st.binary(max_size=4), st.integers(0, 4))
def test_mutations_lead_to_a_value_or_the_documented_error(
    declaration: Declaration, at: int, inserted: bytes, dropped: int
) -> None:
    valid = encode_declaration(declaration)
    with suppress(MalformedError):
        check_value(decode_declaration(valid[:at] + inserted + valid[at + dropped :]))


def check_value(declaration: Declaration) -> None:
    assert declaration.version == 1
    assert len(declaration.seen.head) == 32
    if declaration.access is not None:
        check_access(declaration.access)


def test_the_access_digest_tells_lists_apart_whatever_their_order() -> None:
    assert access_digest(["ke.central", "tz.central"]) == access_digest({"tz.central", "ke.central"})
    assert len({access_digest(members) for members in ([], ["ke.a"], ["ke.a", "ke.b"], ["ke.a-ke.b"])}) == 4
