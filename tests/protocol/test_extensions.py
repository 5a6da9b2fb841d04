"""The product's MLS extensions."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.protocol.declaration import DirectoryPin, Seen
from rogatory.protocol.documents import MAX_ENVELOPE
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import (
    ChannelGroup,
    Departed,
    JoinInfo,
    MatterGroup,
    NetworkGroup,
    OpenRejoin,
    decode_channel_extension,
    decode_join_extension,
    encode_extension,
)
from rogatory.protocol.limits import MAX_REJOIN

GROUPS: list[ChannelGroup] = [MatterGroup(b"c" * 32), NetworkGroup("gljcn")]
PIN = DirectoryPin(7, 3)
JOIN = JoinInfo(
    Seen(4, b"h" * 32),
    PIN,
    b"charter",
    [[b"one", b"two"], [b"three"]],
    [b"notice"],
    [OpenRejoin(3, b"rejoin")],
    [Departed("tz.central", 1)],
    ["ug.central"],
    1,
)


@pytest.mark.parametrize("group", GROUPS)
def test_a_channel_extension_comes_back(group: ChannelGroup) -> None:
    assert decode_channel_extension(encode_extension(group)) == group


@pytest.mark.parametrize("info", [JOIN, JoinInfo(Seen(0, b"h" * 32), PIN)])
def test_a_join_extension_comes_back(info: JoinInfo) -> None:
    assert decode_join_extension(encode_extension(info)) == info


@pytest.mark.parametrize("group", [MatterGroup(b"short"), NetworkGroup(""), NetworkGroup("n" * 65)])
def test_a_channel_extension_out_of_bounds_is_refused(group: ChannelGroup) -> None:
    with pytest.raises(MalformedError):
        decode_channel_extension(encode_extension(group))


@pytest.mark.parametrize(
    "changes",
    [
        {"anchor": Seen(-1, b"h" * 32)},
        {"anchor": Seen(1, b"short")},
        {"pin": DirectoryPin(-1, 0)},
        {"leavers": [b"x" * (MAX_ENVELOPE + 1)]},
        {"rejoins": [OpenRejoin(3, b"r" * (MAX_REJOIN + 1))]},
        {"left": [Departed("", 1)]},
        {"suspended": [""]},
        {"agreed": -1},
        {"charter": b"x" * (MAX_ENVELOPE + 1)},
        {"amendments": [[]] * 201},
        {"amendments": [[b""] * 201]},
        {"version": 2},
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_join_extension_out_of_bounds_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        decode_join_extension(encode_extension(msgspec.structs.replace(JOIN, **changes)))


def test_a_channel_extension_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(MalformedError, match="at most"):
        decode_channel_extension(bytes(1025))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_arbitrary_bytes_lead_to_the_documented_error(data: bytes) -> None:
    with suppress(MalformedError):
        assert isinstance(decode_channel_extension(data), ChannelGroup)
    with suppress(MalformedError):
        assert isinstance(decode_join_extension(data), JoinInfo)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 80), st.binary(max_size=4), st.integers(0, 4))
def test_mutated_extensions_lead_to_a_value_or_the_documented_error(at: int, inserted: bytes, dropped: int) -> None:
    for valid in (*map(encode_extension, GROUPS), encode_extension(JOIN)):
        mutated = valid[:at] + inserted + valid[at + dropped :]
        with suppress(MalformedError):
            decode_channel_extension(mutated)
        with suppress(MalformedError):
            decode_join_extension(mutated)
