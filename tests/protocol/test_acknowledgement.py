"""Acknowledgements: one signature up to a seq, its exceptions named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import MAX_EXCEPTED

GOOD = Acknowledgement(b"c" * 32, "ke.central", 1, 9, b"h" * 32, [3, 5])


def test_it_covers_all_but_the_exceptions() -> None:
    assert [seq for seq in range(1, 12) if GOOD.covers(seq)] == [1, 2, 4, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": b"short"},
        {"head": b"short"},
        {"member": ""},
        {"member": "a" * 65},
        {"key_set": -1},
        {"key_set": 1 << 32},
        {"seq": 0},
        {"seq": 1 << 63},
        {"excepted": [0]},
        {"excepted": [10]},
        {"excepted": [5, 3]},
        {"excepted": [3, 3]},
        {"excepted": list(range(1, MAX_EXCEPTED + 2)), "seq": MAX_EXCEPTED + 2},
    ],
    ids=lambda changes: str(changes)[:30],
)
def test_out_of_bounds_is_not_signed(changes: dict[str, Any]) -> None:
    assert GOOD.signing_input()
    with pytest.raises(MalformedError):
        msgspec.structs.replace(GOOD, **changes).signing_input()


def test_the_signature_is_not_under_itself() -> None:
    assert msgspec.structs.replace(GOOD, signature=b"s" * 64).signing_input() == GOOD.signing_input()


_acknowledgements = st.integers(1, 20).flatmap(
    lambda seq: st.builds(
        Acknowledgement,
        channel=st.sampled_from([b"c" * 32, b"d" * 32]),
        member=st.sampled_from(["ke.central", "ke.central1", "tz.central"]),
        key_set=st.integers(0, 3),
        seq=st.just(seq),
        head=st.sampled_from([b"h" * 32, b"i" * 32]),
        excepted=st.sets(st.integers(1, seq), max_size=3).map(sorted),
    )
)


@settings(max_examples=300, deadline=None)
@given(_acknowledgements, _acknowledgements)
def test_different_acknowledgements_are_signed_differently(one: Acknowledgement, other: Acknowledgement) -> None:
    assert (one == other) == (one.signing_input() == other.signing_input())
