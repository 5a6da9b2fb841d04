"""Frames: every kind comes back, everything else leads to the documented error."""

from __future__ import annotations

import typing
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import (
    Acknowledge,
    Append,
    ClaimKeyPackages,
    ClientFrame,
    Credit,
    FetchChannels,
    FetchHeaders,
    FetchToken,
    Hello,
    Invitation,
    InvitationsTaken,
    Joiner,
    Proof,
    PublishKeyPackages,
    Resume,
)
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame, encode_frame
from rogatory.protocol.frames.server import (
    Accepted,
    AcceptedTogether,
    Acknowledgements,
    Challenge,
    Channels,
    Claimed,
    ClaimedPackage,
    Code,
    DirectoryChanged,
    Entries,
    Entry,
    Goodbye,
    HeaderLine,
    Headers,
    Invited,
    Published,
    Ready,
    Refused,
    Rejected,
    Resumed,
    ServerFrame,
    StockLow,
    Token,
)
from rogatory.protocol.header import Form
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.receipt import Receipt, ReceiptInvalid, Receipts, Stamped, issue, issue_together
from rogatory.protocol.rejection import RefusedEntry, Rejection

CHANNEL, HASH = b"c" * 32, b"h" * 32
ACKNOWLEDGEMENT = Acknowledgement(CHANNEL, "ke.central", 1, 9, HASH, [3], b"s" * 64)
RECEIPT = Receipt("relay.one", CHANNEL, 9, HASH, 1, 0, 2, [HASH], b"s" * 64)

CLIENT: list[ClientFrame] = [
    Hello("ke.central", b"n" * 32, [1]),
    Proof(1, b"s" * 64),
    Append(1, CHANNEL, 0, Form.MLS, b"body", Invitation(b"info", [Joiner("tz.central", b"secrets")])),
    Append(2, CHANNEL, 4, Form.REJOIN, b"body"),
    Resume(3, CHANNEL, 0),
    FetchHeaders(4, CHANNEL, 0, 9),
    FetchChannels(7, b""),
    Acknowledge(ACKNOWLEDGEMENT),
    Credit(1024),
    PublishKeyPackages(5, [b"one", b"two"], b"last", True),
    ClaimKeyPackages(6, ["tz.central"]),
    InvitationsTaken([1, 2]),
    Append(8, CHANNEL, 4, Form.MLS, b"body", None, [b"b" * 32]),
    FetchToken(9),
]

SERVER: list[ServerFrame] = [
    Challenge(1, "relay.one", b"n" * 32, b"s" * 64),
    Ready(1, 2, True, HASH, 3, 4, 5, 6),
    Accepted(1, RECEIPT, True),
    AcceptedTogether([1, 2], [2], Receipts("relay.one", 0, 4, [Stamped(CHANNEL, 9, HASH, 1)] * 2, [HASH], b"s" * 64)),
    Refused(2, Code.STALE_BASE, "read on", 7),
    Resumed(3, CHANNEL, 9, HASH, 4, HASH, 1, None),
    Entries(CHANNEL, [Entry(9, "ke.central", Form.MLS, 1, b"body"), Entry(10, "x", Form.MLS, 1, None, HASH)], HASH),
    Headers(4, CHANNEL, 0, [HeaderLine("ke.central", Form.MLS, HASH)]),
    Channels(7, [CHANNEL]),
    Acknowledgements(CHANNEL, [ACKNOWLEDGEMENT]),
    Published(5, 2),
    Claimed(6, [ClaimedPackage("tz.central", b"package", False)], ["ug.central"]),
    StockLow(3, True),
    Invited(1, CHANNEL, 9, "ke.central", 1, b"info", b"secrets"),
    DirectoryChanged(HASH),
    Token(9, "token", 1),
    Rejected(Rejection("relay.one", RefusedEntry(CHANNEL, "ke.central", HASH, "quota", 1), 0, 1, [], b"s" * 64)),
    Goodbye(Code.SHUTTING_DOWN, "come back"),
]


@pytest.mark.parametrize("frame", CLIENT, ids=lambda frame: type(frame).__name__)
def test_client_frames_come_back(frame: ClientFrame) -> None:
    assert decode_client_frame(encode_frame(frame)) == frame


@pytest.mark.parametrize("frame", SERVER, ids=lambda frame: type(frame).__name__)
def test_server_frames_come_back(frame: ServerFrame) -> None:
    assert decode_server_frame(encode_frame(frame)) == frame


def test_every_frame_is_tested_here() -> None:
    assert {type(frame) for frame in CLIENT} == set(typing.get_args(ClientFrame))
    assert {type(frame) for frame in SERVER} == set(typing.get_args(ServerFrame))


def test_entries_accepted_together_have_a_receipt_each() -> None:
    stamped = [Stamped(CHANNEL, seq, HASH, 1) for seq in range(1, 6)]
    receipts = issue_together("relay.one", [stamped[:2], stamped[2:]], lambda _: b"s" * 64)[1]
    frame = AcceptedTogether([7, 8, 9], [8], receipts)
    single = issue("relay.one", stamped, lambda _: b"s" * 64)[2:]
    assert frame.each() == [Accepted(7, single[0]), Accepted(8, single[1], True), Accepted(9, single[2])]
    for refs in ([7, 8], [7, 8, 9, 10]):
        with pytest.raises(ReceiptInvalid):
            AcceptedTogether(refs, [], receipts).each()


def test_frames_of_the_other_side_are_refused() -> None:
    for client in CLIENT:
        with pytest.raises(MalformedError):
            decode_server_frame(encode_frame(client))
    for server in SERVER:
        with pytest.raises(MalformedError):
            decode_client_frame(encode_frame(server))


def test_frames_over_the_limit_are_neither_sent_nor_read() -> None:
    with pytest.raises(MalformedError, match="limit"):
        encode_frame(Append(1, CHANNEL, 0, Form.MLS, bytes(MAX_FRAME)))
    with pytest.raises(MalformedError, match="limit"):
        decode_client_frame(bytes(MAX_FRAME + 1))
    with pytest.raises(MalformedError, match="limit"):
        decode_server_frame(bytes(MAX_FRAME + 1))


HOSTILE = [
    b"",
    b"\xc1",
    b"\x91" * 100_000,
    b"\xdd\xff\xff\xff\xff",
    b"\x93\xa4hell",
    msgspec.msgpack.encode(["unknown", 1]),
    msgspec.msgpack.encode(["hello", "ke.central", "text instead of bytes", [1]]),
    msgspec.msgpack.encode(["append", 1, CHANNEL, 0, 9, b"body"]),
    msgspec.msgpack.encode(["append", -1.5, CHANNEL, 0, 1, b"body"]),
    msgspec.msgpack.encode({"frame": "hello"}),
    b"\x94\xa5hello\xa2\xff\xff\xc4\x01n\x91\x01",
    msgspec.msgpack.encode(CLIENT[0]) + b"\x00",
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: repr(data[:12]))
def test_hostile_frames_lead_to_the_documented_error(data: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_client_frame(data)
    with pytest.raises(MalformedError):
        decode_server_frame(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_lead_to_a_value_or_the_documented_error(data: bytes) -> None:
    with suppress(MalformedError):
        assert decode_client_frame(data) is not None
    with suppress(MalformedError):
        assert decode_server_frame(data) is not None


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([*CLIENT, *SERVER]), st.integers(0, 150), st.binary(max_size=4), st.integers(0, 4))
def test_mutated_frames_lead_to_a_value_or_the_documented_error(
    frame: ClientFrame | ServerFrame, at: int, inserted: bytes, dropped: int
) -> None:
    valid = encode_frame(frame)
    mutated = valid[:at] + inserted + valid[at + dropped :]
    decode = decode_client_frame if isinstance(frame, ClientFrame) else decode_server_frame
    with suppress(MalformedError):
        assert decode(mutated) is not None


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text(max_size=5) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([*CLIENT, *SERVER]), st.lists(_values, max_size=9))
def test_any_values_in_any_frame_lead_to_a_value_or_the_documented_error(
    frame: ClientFrame | ServerFrame, values: list[object]
) -> None:
    tag = frame.__struct_config__.tag
    data = msgspec.msgpack.encode([tag, *values])
    decode = decode_client_frame if isinstance(frame, ClientFrame) else decode_server_frame
    with suppress(MalformedError):
        assert decode(data) is not None
