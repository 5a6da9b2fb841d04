"""Timestamps of a log's head by an authority of time: all before it was there then (PROTOCOL.md, Evidences)."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from rogatory.protocol.bounds import Number
from rogatory.protocol.limits import CHANNEL_ID, HASH

MAX_RESPONSE: Final = 64 * 1024
"""Bytes of a TimeStampResp."""


class Timestamp(msgspec.Struct, frozen=True, array_like=True):
    """`response` (RFC 3161, TimeStampResp in DER) stamps `stamped_bytes` of the head after entry `seq`."""

    seq: Number
    head: Annotated[bytes, Meta(min_length=HASH, max_length=HASH)]
    response: Annotated[bytes, Meta(max_length=MAX_RESPONSE)]


def stamped_bytes(channel: bytes, seq: int, head: bytes) -> bytes:
    """What is stamped: the head of a channel's log, which follows from every entry up to `seq`."""
    assert len(channel) == CHANNEL_ID
    return b"rogatory timestamp 1" + channel + seq.to_bytes(8, "big") + head
