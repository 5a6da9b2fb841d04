"""The presentation language (RFC 9420 sections 2.1 to 2.1.2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rogatory.protocol.mls.codec import MAX_VECTOR_LENGTH, Reader, opaque, varint
from rogatory.protocol.mls.errors import MLSDecodeError, UnsupportedSuite, UnsupportedVersion
from rogatory.protocol.mls.framed_content import Sender
from rogatory.protocol.mls.leaf_node import Lifetime
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.psk import PreSharedKeyID
from rogatory.protocol.mls.suite import suite_by_id


@pytest.mark.parametrize("length", [0, 1, 63, 64, 16383, 16384, MAX_VECTOR_LENGTH])
def test_length_comes_back(length: int) -> None:
    encoded = varint(length)
    reader = Reader(encoded)
    assert reader.varint() == length
    reader.finish()


@pytest.mark.parametrize("encoded", ["4000", "403f", "80000000", "8000003f", "80003fff"])
def test_length_is_in_its_shortest_form(encoded: str) -> None:
    with pytest.raises(MLSDecodeError, match="shortest"):
        Reader(bytes.fromhex(encoded)).varint()


@pytest.mark.parametrize("encoded", ["c0", "ff", "c000000000000001"])
def test_prefix_3_is_not_allowed(encoded: str) -> None:
    with pytest.raises(MLSDecodeError, match="prefix 3"):
        Reader(bytes.fromhex(encoded)).varint()


def test_length_over_the_largest_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        varint(MAX_VECTOR_LENGTH + 1)


@pytest.mark.parametrize("claim", ["02ff", "7fffff", "bfffffffff"])
def test_vector_is_not_longer_than_its_bytes(claim: str) -> None:
    data = bytes.fromhex(claim)
    readings: tuple[Callable[[Reader], object], ...] = (
        Reader.opaque,
        Reader.within,
        lambda reader: reader.vector(Reader.uint8),
    )
    for read in readings:
        with pytest.raises(MLSDecodeError):
            read(Reader(data))


def test_element_does_not_reach_over_its_vector() -> None:
    with pytest.raises(MLSDecodeError):
        Reader(b"\x03\x00\x01\x00\xff").vector(Reader.uint16)


@pytest.mark.parametrize("mark", [2, 255])
def test_optional_is_there_or_not(mark: int) -> None:
    with pytest.raises(MLSDecodeError, match="0 or 1"):
        Reader(bytes([mark]) + b"\x00").optional(Reader.uint8)


def test_nothing_is_left_over() -> None:
    with pytest.raises(MLSDecodeError, match="left over"):
        Lifetime.decode(bytes(17))


@pytest.mark.parametrize("kind", [0, 5, 255])
def test_values_that_are_not_defined(kind: int) -> None:
    for structure in (Sender, PreSharedKeyID):
        with pytest.raises(MLSDecodeError):
            structure.decode(bytes([kind]) + opaque(b"") + bytes(16))


@pytest.mark.parametrize("version", [0, 2, 0xFFFF])
def test_version_is_mls10(version: int) -> None:
    with pytest.raises(UnsupportedVersion):
        MLSMessage.decode(version.to_bytes(2, "big") + bytes(20))


@pytest.mark.parametrize("code", [0, 4, 6, 8, 0x0A0A, 0xF000, 0xFFFF])
def test_suite_is_supported(code: int) -> None:
    with pytest.raises(UnsupportedSuite):
        suite_by_id(code)
