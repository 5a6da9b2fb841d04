"""The log: each header over the one before, so that nothing can be altered, reordered or dropped unseen."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.header import ChainBroken, Form, Head, Header, body_hash, extend, genesis, next_header

CHANNEL = bytes(range(32))


def log(count: int, channel: bytes = CHANNEL) -> list[Header]:
    head, headers = genesis(channel), []
    for number in range(count):
        form = Form.REJOIN if number == 4 else Form.MLS
        header = next_header(channel, head, f"ke.number-{number}", form, body_hash(b"body %d" % number))
        headers.append(header)
        head = Head(header.seq, header.hash())
    return headers


def test_a_header_has_one_encoding() -> None:
    header = Header(CHANNEL, 7, "ke.central", Form.MLS, b"b" * 32, b"p" * 32)
    encoded = b"rogatory header 1" + CHANNEL + struct.pack(">QBH", 7, 1, 10) + b"ke.central" + b"b" * 32 + b"p" * 32
    assert header.hash() == hashlib.sha256(encoded).digest()


def test_genesis_differs_by_channel() -> None:
    assert genesis(CHANNEL) == Head(0, hashlib.sha256(b"rogatory log 1" + CHANNEL).digest())
    assert genesis(CHANNEL).hash != genesis(bytes(32)).hash


def test_a_log_extends_its_head() -> None:
    headers = log(5)
    head = extend(genesis(CHANNEL), headers)
    assert head == Head(5, headers[-1].hash())
    assert extend(extend(genesis(CHANNEL), headers[:2]), headers[2:]) == head


def test_a_dropped_entry_breaks_the_chain() -> None:
    headers = log(5)
    with pytest.raises(ChainBroken, match="dropped or reordered"):
        extend(genesis(CHANNEL), [*headers[:2], *headers[3:]])


def test_reordered_entries_break_the_chain() -> None:
    headers = log(5)
    with pytest.raises(ChainBroken):
        extend(genesis(CHANNEL), [headers[1], headers[0], *headers[2:]])


def test_renumbered_entries_break_the_chain() -> None:
    first, second, third = log(3)
    with pytest.raises(ChainBroken, match="altered"):
        extend(genesis(CHANNEL), [first, replace(third, seq=2), replace(second, seq=3)])


def test_the_log_of_another_channel_does_not_follow() -> None:
    with pytest.raises(ChainBroken, match="altered"):
        extend(genesis(CHANNEL), log(1, bytes(32)))


@pytest.mark.parametrize(
    "changes",
    [
        {"author": "tz.central"},
        {"form": Form.REJOIN},
        {"body_hash": b"x" * 32},
        {"channel": b"x" * 32},
        {"previous": b"x" * 32},
    ],
    ids=str,
)
@pytest.mark.parametrize("altered", range(4))
def test_an_altered_header_breaks_the_chain_or_changes_the_head(altered: int, changes: dict[str, object]) -> None:
    headers = log(5)
    head = extend(genesis(CHANNEL), headers)
    headers[altered] = replace(headers[altered], **changes)  # type: ignore[arg-type]
    with pytest.raises(ChainBroken):
        assert extend(genesis(CHANNEL), headers) == head


def test_an_altered_last_header_changes_the_head() -> None:
    headers = log(5)
    altered = [*headers[:4], replace(headers[4], author="tz.central")]
    assert extend(genesis(CHANNEL), altered) != extend(genesis(CHANNEL), headers)


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": b"short"},
        {"body_hash": b"short"},
        {"previous": b"short"},
        {"author": ""},
        {"author": "a" * 65},
        {"seq": 0},
        {"seq": 1 << 63},
    ],
    ids=lambda changes: str(changes)[:30],
)
def test_a_header_out_of_bounds_has_no_hash(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        replace(log(1)[0], **changes).hash()  # type: ignore[arg-type]


_headers = st.builds(
    Header,
    channel=st.binary(min_size=32, max_size=32),
    seq=st.integers(1, (1 << 63) - 1),
    author=st.text(st.characters(min_codepoint=45, max_codepoint=122), min_size=1, max_size=64),
    form=st.sampled_from(Form),
    body_hash=st.binary(min_size=32, max_size=32),
    previous=st.binary(min_size=32, max_size=32),
)


@settings(max_examples=200, deadline=None)
@given(_headers, _headers)
def test_different_headers_have_different_hashes(one: Header, other: Header) -> None:
    assert (one == other) == (one.hash() == other.hash())
