"""Numbers that a database, a clock or a calendar does not hold must stop at the decoder, not in a transaction."""

from __future__ import annotations

import msgspec
import pytest

from rogatory.protocol.declaration import decode_declaration
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import decode_join_extension
from rogatory.protocol.frames.codec import decode_server_frame
from rogatory.protocol.frames.server import Accepted, Entries, Invited, Ready, Resumed

HEAD = b"h" * 32
TOO_LARGE = (1 << 63, (1 << 64) - 1, -1)
YEAR_10000 = 253_402_300_800_000


def declared(**changes: object) -> bytes:
    fields = {
        "directory": [7, 3],
        "seen": [4, HEAD],
        "document": None,
        "access": None,
        "amendment": None,
        "rejoins": [],
        "version": 1,
    }
    return msgspec.msgpack.encode(list({**fields, **changes}.values()))


@pytest.mark.parametrize("number", TOO_LARGE)
def test_a_member_cannot_declare_numbers_that_no_database_holds(number: int) -> None:
    assert decode_declaration(declared()).seen.seq == 4
    for changes in (
        {"directory": [number, 0]},
        {"directory": [0, number]},
        {"seen": [number, HEAD]},
        {"rejoins": [number]},
    ):
        with pytest.raises(MalformedError):
            decode_declaration(declared(**changes))


@pytest.mark.parametrize("number", TOO_LARGE)
def test_a_committer_cannot_hand_a_joiner_numbers_that_no_database_holds(number: int) -> None:
    def introduced(
        anchor: int = 4, targets: int = 7, network: int = 3, rejoin: int = 2, left: int = 1, agreed: int = 1
    ) -> bytes:
        told = [[], [], [[rejoin, b"envelope"]], [["ke.central", left]], [], agreed]
        return msgspec.msgpack.encode([[anchor, HEAD], [targets, network], None, *told, b"", 1])

    assert decode_join_extension(introduced()).rejoins[0].seq == 2
    for data in (
        introduced(anchor=number),
        introduced(targets=number),
        introduced(network=number),
        introduced(rejoin=number),
        introduced(left=number),
        introduced(agreed=number),
    ):
        with pytest.raises(MalformedError):
            decode_join_extension(data)


@pytest.mark.parametrize("number", TOO_LARGE)
def test_a_relay_cannot_name_sequence_numbers_that_no_database_holds(number: int) -> None:
    channel = b"c" * 32
    receipt = ["relay.one", channel, number, HEAD, 1, 0, 1, [], b"s" * 64]
    for frame in (
        ["resumed", 1, channel, number, HEAD, 0, HEAD, 1],
        ["resumed", 1, channel, 9, HEAD, number, HEAD, 1],
        ["resumed", 1, channel, 9, HEAD, 0, HEAD, 1, number],
        ["entries", channel, [[number, "ke.central", 1, 1, b"body"]], HEAD],
        ["invited", number, channel, 9, "ke.central", 1, b"info", b"secrets"],
        ["invited", 1, channel, number, "ke.central", 1, b"info", b"secrets"],
        ["headers", 1, channel, number, []],
        ["accepted", 1, receipt],
    ):
        with pytest.raises(MalformedError):
            decode_server_frame(msgspec.msgpack.encode(frame))


@pytest.mark.parametrize("time", [YEAR_10000, (1 << 64) - 1, -1])
def test_a_relay_cannot_name_times_that_no_calendar_holds(time: int) -> None:
    channel = b"c" * 32
    for frame in (
        ["ready", time, 1, True, HEAD, 1, 1, 1, 1],
        ["entries", channel, [[1, "ke.central", 1, time, b"body"]], HEAD],
        ["invited", 1, channel, 9, "ke.central", time, b"info", b"secrets"],
        ["accepted", 1, ["relay.one", channel, 1, HEAD, time, 0, 1, [], b"s" * 64]],
    ):
        with pytest.raises(MalformedError):
            decode_server_frame(msgspec.msgpack.encode(frame))


def test_the_same_frames_with_sound_numbers_are_read() -> None:
    channel, time = b"c" * 32, YEAR_10000 - 1
    frames: list[tuple[type, list[object]]] = [
        (Ready, ["ready", time, 1, True, HEAD, 1, 1, 1, 1]),
        (Resumed, ["resumed", 1, channel, 9, HEAD, 0, HEAD, 1]),
        (Entries, ["entries", channel, [[1, "ke.central", 1, time, b"body"]], HEAD]),
        (Invited, ["invited", 1, channel, 9, "ke.central", time, b"info", b"secrets"]),
        (Accepted, ["accepted", 1, ["relay.one", channel, 1, HEAD, time, 0, 1, [], b"s" * 64]]),
    ]
    for kind, frame in frames:
        assert isinstance(decode_server_frame(msgspec.msgpack.encode(frame)), kind)
