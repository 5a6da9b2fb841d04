"""Whatever the bytes: a value or the documented error, within memory bounded by the size of the input."""

from __future__ import annotations

import tracemalloc

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from .decoders import DECODERS, Decoder
from .mutation import bombs, mutations

PER_BYTE = 150
"""A list of one-byte elements costs a pointer each, and a small object at worst."""
AT_LEAST = 512 * 1024
"""Error messages, caches that fill on first use, and the interpreter's own bookkeeping."""

modest = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def attempt(decoder: Decoder, data: bytes) -> None:
    tracemalloc.start()
    try:
        value = decoder.decode(data)
    except decoder.errors:
        pass
    else:
        if decoder.encode is not None:
            assert decoder.encode(value) == data
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak <= PER_BYTE * len(data) + AT_LEAST


def test_the_measure_sees_what_is_allocated_from_a_claim() -> None:
    greedy = Decoder(lambda data: bytes(int.from_bytes(data, "big")), ValueError, ())
    with pytest.raises(AssertionError):
        attempt(greedy, b"\x01\x00\x00\x00")


@pytest.mark.parametrize("name", DECODERS)
@modest
@given(data=st.data())
def test_arbitrary_bytes(name: str, data: st.DataObject) -> None:
    attempt(DECODERS[name], data.draw(st.one_of(st.binary(max_size=200), bombs)))


@pytest.mark.parametrize("name", DECODERS)
@modest
@given(data=st.data())
def test_mutated_bytes(name: str, data: st.DataObject) -> None:
    decoder = DECODERS[name]
    attempt(decoder, data.draw(mutations(decoder.examples)))


@pytest.mark.parametrize("name", DECODERS)
def test_every_prefix(name: str) -> None:
    """Cut anywhere (at 200 places of a long example): no prefix is taken for the whole."""
    decoder = DECODERS[name]
    for example in decoder.examples[:3]:
        for end in range(0, len(example), max(1, len(example) // 200)):
            if name.endswith(".peek"):
                attempt(decoder, example[:end])
            else:
                with pytest.raises(decoder.errors):
                    decoder.decode(example[:end])
