"""Payloads: what no document may contain, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.documents import (
    KINDS,
    DocumentError,
    DocumentTooLarge,
    MalformedDocument,
    Thread,
    UnknownKind,
    UnsoundDocument,
    UnsupportedDocument,
)
from rogatory.protocol.documents.registry import MAX_PAYLOAD, decode_payload, encode_payload
from tests.protocol.examples import BODIES, payload

VALID = encode_payload(payload(BODIES["request"]))


def with_fields(data: bytes = VALID, **changes: Any) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


def with_body(data: bytes = VALID, **changes: Any) -> bytes:
    value = json.loads(data)
    return json.dumps({**value, "body": {**value["body"], **changes}}).encode()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_roundtrip(kind: str) -> None:
    written = payload(
        BODIES[kind],
        thread=None if kind == "rejoin" else Thread(id="1a" * 16, subject="Accounts"),
    )
    assert decode_payload(encode_payload(written)) == written


def test_ids_as_bytes() -> None:
    written = payload(BODIES["leave"])
    assert written.message_id == b"message id 16 by"
    assert written.channel_id == bytes(range(32))
    assert written.written_at == "2026-09-21T14:13:20Z"


def test_an_unknown_kind_asks_for_an_update() -> None:
    with pytest.raises(UnknownKind, match="update"):
        decode_payload(with_fields(kind="certificate"))


def test_another_version_asks_for_an_update() -> None:
    with pytest.raises(UnsupportedDocument, match="version 2"):
        decode_payload(with_fields(v=2))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0F" * 16},
        {"id": "0f" * 15},
        {"author": "ke.central\n"},
        {"author": "KE.central"},
        {"author": "kenya"},
        {"key_set": -1},
        {"key_set": 1 << 60},
        {"key_set": "1"},
        {"addressees": ["tz.central"] * 201},
        {"addressees": "tz.central"},
        {"channel": "00" * 31},
        {"written_at": "2026-09-21 14:13:20Z"},
        {"written_at": "2026-09-21T14:13:20+03:00"},
        {"thread": {"id": "1a" * 16, "subject": "two\nlines"}},
        {"thread": {"id": "1a" * 16}},
        {"in_reply_to": "none"},
        {"unknown": 1},
        {"body": None},
        {"body": {}},
    ],
)
def test_malformed_common_fields_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument):
        decode_payload(with_fields(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "tab\there"},
        {"reference": "right-to-left\u202eoverride"},
        {"reference": "x" * 301},
        {"subject": "null\x00"},
        {"facts": "escape \x1b[2J"},
        {"facts": "carriage\rreturn"},
        {"facts": "x" * 200_001},
        {"form": "tea"},
        {"forms": ["z"]},
        {"persons": [{"role": "suspect", "name": "x", "nationalities": ["Kenya"]}]},
        {"persons": [{"role": "suspect", "name": "x"}] * 201},
        {"language": "english language"},
        {"deadline": "tomorrow"},
        {"annexes": [{"name": "../../etc/passwd", "media_type": "text/plain", "size": 1, "sha256": "00" * 32}]},
        {"annexes": [{"name": "a", "media_type": "text/plain", "size": -1, "sha256": "00" * 32}]},
        {"surprise": True},
    ],
)
def test_malformed_fields_of_a_body_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument):
        decode_payload(with_body(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"addressees": ["tz.central", "tz.central"]},
        {"addressees": ["ke.central"]},
        {"addressees": []},
        {"written_at": "2026-02-30T00:00:00Z"},
        {"in_reply_to": b"message id 16 by".hex()},
    ],
)
def test_unsound_common_fields_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnsoundDocument):
        decode_payload(with_fields(**changes))


def test_what_is_for_the_whole_channel_names_no_addressees() -> None:
    with pytest.raises(UnsoundDocument, match="everybody"):
        decode_payload(with_fields(encode_payload(payload(BODIES["leave"])), addressees=["tz.central"]))


def test_line_separators_stand_in_texts_only() -> None:
    assert decode_payload(with_body(facts="one\n\ttwo")).body
    with pytest.raises(MalformedDocument):
        decode_payload(with_body(subject="one\u2028two"))


def test_a_name_that_stands_twice_is_refused() -> None:
    for name in (b'"kind"', b'"reference"', b'"functions"'):
        start = VALID.index(name)
        end = start + len(name) + 1
        value_end = VALID.index(b'"', end + 1) + 1
        twice = VALID[:value_end] + b"," + VALID[start:value_end] + VALID[value_end:]
        with pytest.raises(MalformedDocument, match="twice"):
            decode_payload(twice)


def test_long_payloads_are_refused_unread() -> None:
    with pytest.raises(DocumentTooLarge):
        decode_payload(b" " * (MAX_PAYLOAD + 1))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 200_000,
        b'{"body":' * 50_000,
        b'{"v":1,"kind":"request","body":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"v":' + b"9" * 10_000 + b"}",
        b"\xff\xfe",
        b'{"v":1,"kind":"\xed\xa0\x80"}',
        b'{"v":NaN,"kind":"request"}',
        b'"' + b"\\ud800" + b'"',
    ],
    ids=lambda data: repr(data[:20]),
)
def test_hostile_json_leads_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        decode_payload(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_lead_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        decode_payload(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_mutated_payloads_lead_to_a_value_or_the_documented_error(kind: str, data: st.DataObject) -> None:
    valid = encode_payload(payload(BODIES[kind]))
    position = data.draw(st.integers(0, len(valid) - 1))
    inserted = data.draw(st.binary(max_size=4))
    mutated = valid[:position] + inserted + valid[position + data.draw(st.integers(0, 8)) :]
    _value_or_documented_error(lambda: decode_payload(mutated))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_any_json_in_any_field_leads_to_a_value_or_the_documented_error(kind: str, data: st.DataObject) -> None:
    value = json.loads(encode_payload(payload(BODIES[kind])))
    target = value["body"] if data.draw(st.booleans()) else value
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_json)
    _value_or_documented_error(lambda: decode_payload(json.dumps(value).encode()))


def _value_or_documented_error(decode: Callable[[], object]) -> None:
    with suppress(DocumentError):
        assert decode() is not None
