"""The TLS presentation language with MLS's variable-size vectors (RFC 9420 section 2.1).

Encoders are plain functions that return bytes; decoding goes through `Reader`, which never reads past the
bytes that it was given, never allocates from a claimed length, and takes a bounded number of items.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Protocol, Self, TypeVar

from .errors import MLSDecodeError

T = TypeVar("T")

MAX_VECTOR_LENGTH = 2**30 - 1

MAX_ITEMS = 2**18
"""Items in all the vectors of one message together: a tree of 10,000 members has fewer, and a message of a few
megabytes could otherwise hold millions, each a value to be made and kept."""


class Encodable(Protocol):
    def encode(self) -> bytes: ...


class Structure:
    """A structure of the protocol: `read` takes it from a reader, `decode` from exactly its own bytes."""

    __slots__ = ()

    @classmethod
    def read(cls, reader: Reader) -> Self:
        raise NotImplementedError

    def encode(self) -> bytes:
        raise NotImplementedError

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Decode a whole byte string. Raises MLSDecodeError, also for bytes left over."""
        reader = Reader(data)
        value = cls.read(reader)
        reader.finish()
        return value


def uint8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def uint16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def uint32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def uint64(value: int) -> bytes:
    return value.to_bytes(8, "big")


_ONE_BYTE = tuple(bytes([value]) for value in range(0x40))


def varint(value: int) -> bytes:
    """A vector's length, in the fewest bytes (section 2.1.2)."""
    if value < 0x40:
        return _ONE_BYTE[value]
    if value < 0x4000:
        return (value | 0x4000).to_bytes(2, "big")
    if value <= MAX_VECTOR_LENGTH:
        return (value | 0x8000_0000).to_bytes(4, "big")
    raise ValueError(f"a vector of {value} bytes does not fit an MLS message")


def opaque(data: bytes) -> bytes:
    """`opaque data<V>`."""
    length = len(data)
    return (_ONE_BYTE[length] if length < 0x40 else varint(length)) + data


def vector(items: Iterable[Encodable]) -> bytes:
    """`T items<V>`."""
    return opaque(b"".join([item.encode() for item in items]))


def uint16_vector(values: Iterable[int]) -> bytes:
    return opaque(b"".join([value.to_bytes(2, "big") for value in values]))


def uint32_vector(values: Iterable[int]) -> bytes:
    return opaque(b"".join([value.to_bytes(4, "big") for value in values]))


def optional(item: Encodable | None) -> bytes:
    """`optional<T>` (section 2.1.1)."""
    return b"\x00" if item is None else b"\x01" + item.encode()


def opaque_at(data: bytes, position: int) -> tuple[int, int]:
    """Where the `opaque<V>` at `position` begins and ends. Raises MLSDecodeError."""
    size = len(data)
    first = data[position] if position < size else 0xFF
    if first < 0x40:  # a length of one byte
        start = position + 1
        end = start + first
    elif first == 0x40 and position + 1 < size and data[position + 1] >= 0x40:  # of two bytes, up to 255
        start = position + 2
        end = start + data[position + 1]
    else:
        reader = Reader(data, position)
        length = reader.varint()
        start = reader.position
        end = start + length
    if end > size:
        raise MLSDecodeError(f"{end - start} bytes expected, {size - start} left")
    return start, end


class Reader:
    """Reads fields one after the other from `data[start:end]`; every failure is an MLSDecodeError."""

    __slots__ = ("_data", "_end", "_items_left", "_position")

    def __init__(
        self, data: bytes, start: int = 0, end: int | None = None, items_left: list[int] | None = None
    ) -> None:
        self._data = data
        self._position = start
        self._end = len(data) if end is None else end
        self._items_left = [MAX_ITEMS] if items_left is None else items_left  # shared with inner readers

    @property
    def position(self) -> int:
        return self._position

    @property
    def remaining(self) -> int:
        return self._end - self._position

    def since(self, position: int) -> bytes:
        """The bytes read since `position`."""
        return self._data[position : self._position]

    def take(self, length: int) -> bytes:
        start = self._position
        stop = start + length
        if stop > self._end:
            raise MLSDecodeError(f"{length} bytes expected, {self._end - start} left")
        self._position = stop
        return self._data[start:stop]

    def uint8(self) -> int:
        if self._position >= self._end:
            raise MLSDecodeError("1 byte expected, none left")
        value = self._data[self._position]
        self._position += 1
        return value

    def uint16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def uint32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def uint64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def varint(self) -> int:
        first = self.uint8()
        prefix = first >> 6
        if prefix == 0:
            return first
        if prefix == 3:
            raise MLSDecodeError("a length with the prefix 3 is not allowed")
        value = first & 0x3F
        for byte in self.take((1 << prefix) - 1):
            value = value << 8 | byte
        # Section 2.1.2: a length that is not in its shortest form is malformed.
        if value < (0x40 if prefix == 1 else 0x4000):
            raise MLSDecodeError("a length is not in its shortest form")
        return value

    def opaque(self) -> bytes:
        return self.take(self.varint())

    def within(self) -> Reader:
        """A reader of the vector that starts here; this one moves on behind it."""
        length = self.varint()
        start = self._position
        if length > self._end - start:
            raise MLSDecodeError(f"a vector of {length} bytes expected, {self._end - start} left")
        self._position = start + length
        return Reader(self._data, start, start + length, self._items_left)

    def vector(self, read: Callable[[Reader], T]) -> tuple[T, ...]:
        inner, left = self.within(), self._items_left
        items: list[T] = []
        while inner._position < inner._end:
            left[0] -= 1
            if left[0] < 0:
                raise MLSDecodeError(f"the vectors of one message hold over {MAX_ITEMS} items")
            items.append(read(inner))
        return tuple(items)

    def uint16_vector(self) -> tuple[int, ...]:
        return self._integers("H", 2)

    def uint32_vector(self) -> tuple[int, ...]:
        return self._integers("I", 4)

    def _integers(self, code: str, size: int) -> tuple[int, ...]:
        data = self.opaque()
        count, rest = divmod(len(data), size)
        if rest:
            raise MLSDecodeError(f"a vector of {size}-byte integers has {len(data)} bytes")
        return struct.unpack(f">{count}{code}", data)

    def optional(self, read: Callable[[Reader], T]) -> T | None:
        present = self.uint8()
        if present == 0:
            return None
        if present == 1:
            return read(self)
        raise MLSDecodeError(f"an optional value starts with 0 or 1, not {present}")

    def finish(self) -> None:
        """Raise MLSDecodeError unless everything was read."""
        if self._position != self._end:
            raise MLSDecodeError(f"{self._end - self._position} bytes left over")
