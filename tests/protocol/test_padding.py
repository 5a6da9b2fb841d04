"""Padme: never shorter, little longer, few lengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.protocol.documents import MAX_ENVELOPE
from rogatory.protocol.limits import MAX_APPLICATION
from rogatory.protocol.padding import MINIMUM, padme


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 256), (1, 256), (256, 256), (257, 272), (1000, 1024), (1025, 1088), (4096, 4096), (100_000, 100_352)],
)
def test_known_lengths(length: int, padded: int) -> None:
    assert padme(length) == padded


@given(st.integers(0, 1 << 40))
def test_at_most_12_per_cent_are_added(length: int) -> None:
    padded = padme(length)
    assert padded >= max(length, MINIMUM)
    if length > MINIMUM:
        assert padded - length <= length * 0.12
    assert padme(padded) == padded


@given(st.integers(0, 1 << 40))
def test_longer_messages_are_not_padded_shorter(length: int) -> None:
    assert padme(length) <= padme(length + 1)


def test_few_lengths_are_told_apart() -> None:
    assert len({padme(length) for length in range(1 << 16)}) < 300


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        padme(-1)


def test_the_longest_envelope_fits_an_entry() -> None:
    # 16 KiB for the content's own fields, the declaration and MLS framing.
    assert padme(MAX_ENVELOPE + 1024) + 16 * 1024 < MAX_APPLICATION
