"""A zip file that has one encoding: its bytes follow from its members, so that none can be changed or hidden.

PKWARE APPNOTE.TXT 6.3: members are stored, names are UTF-8, times stand still, nothing follows or lies between; extra
fields only where sizes need ZIP64.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.text import message

LOCAL: Final = b"PK\x03\x04"
FIXED: Final = 30
"""Bytes of a local header before the name."""
MAX_NAME: Final = 400
"""Bytes in UTF-8."""
MAX_MEMBERS: Final = 200_000

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR: Final = struct.Struct("<4sIQI")
_UTF8: Final = 0x0800
_DATE: Final = 0x0021
"""1980-01-01, the first day that a zip file knows: when a file was written is told inside."""
_FULL, _FULL16 = 0xFFFFFFFF, 0xFFFF
_UNIX: Final = 3 << 8
_MODE: Final = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Member:
    """A file in the archive. `crc`: CRC-32 of its bytes."""

    name: str
    size: int
    crc: int


def local_header(member: Member) -> bytes:
    """What stands before a member's bytes. Raises MalformedError for a name that no member may have."""
    name = _encoded(member.name)
    large = member.size >= _FULL
    size = _FULL if large else member.size
    extra = struct.pack("<2H2Q", 1, 16, member.size, member.size) if large else b""
    fixed = (LOCAL, 45 if large else 20, _UTF8, 0, 0, _DATE, member.crc, size, size, len(name), len(extra))
    return _LOCAL.pack(*fixed) + name + extra


def rest_of_header(fixed: bytes) -> int:
    """How many bytes of a local header follow its first `FIXED`. Raises MalformedError."""
    if len(fixed) != FIXED or not fixed.startswith(LOCAL):
        raise MalformedError(message("a dossier is a zip file of one kind, and this is another, or it ends too early"))
    name, extra = _LOCAL.unpack(fixed)[-2:]
    if not 0 < name <= MAX_NAME or extra not in (0, 20):
        raise MalformedError(message("a member of the file has a name or an extra field that no dossier has"))
    return int(name + extra)


def read_header(data: bytes) -> Member:
    """The member that a whole local header announces; raises MalformedError unless it is the header's one encoding."""
    if rest_of_header(data[:FIXED]) != len(data) - FIXED:
        raise MalformedError(message("the header of a member has another length than it says"))
    fields = _LOCAL.unpack(data[:FIXED])
    crc, size, length, extra = fields[6], fields[8], fields[9], fields[10]
    try:
        name = data[FIXED : FIXED + length].decode()
    except UnicodeDecodeError:
        raise MalformedError(message("a member's name is not UTF-8")) from None
    if extra:
        size = struct.unpack("<Q", data[-16:-8])[0]
    member = Member(name, size, crc)
    if local_header(member) != data:
        raise MalformedError(message("the header of {name!r} was altered, or is not one that a dossier has", name=name))
    return member


def ending(members: Iterable[Member]) -> bytes:
    """The central directory and the file's end: all that follows the last member's bytes."""
    directory = bytearray()
    offset = count = 0
    for member in members:
        directory += _central(member, offset)
        offset += len(local_header(member)) + member.size
        count += 1
    length = len(directory)
    if count < _FULL16 and offset < _FULL and length < _FULL:
        return bytes(directory) + _END.pack(b"PK\x05\x06", 0, 0, count, count, length, offset, 0)
    made = _UNIX | 45
    end64 = _END64.pack(b"PK\x06\x06", _END64.size - 12, made, 45, 0, 0, count, count, length, offset)
    locator = _LOCATOR.pack(b"PK\x06\x07", 0, offset + length, 1)
    few, short, start = min(count, _FULL16), min(length, _FULL), min(offset, _FULL)
    return bytes(directory) + end64 + locator + _END.pack(b"PK\x05\x06", 0, 0, few, few, short, start, 0)


def _central(member: Member, offset: int) -> bytes:
    name = _encoded(member.name)
    large, far = member.size >= _FULL, offset >= _FULL
    values = [member.size] * 2 * large + [offset] * far
    extra = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values) if values else b""
    size, start = (_FULL if large else member.size), (_FULL if far else offset)
    version = 45 if values else 20
    fixed = (b"PK\x01\x02", _UNIX | version, 45 if large else 20, _UTF8, 0, 0, _DATE, member.crc, size, size)
    return _CENTRAL.pack(*fixed, len(name), len(extra), 0, 0, 0, _MODE, start) + name + extra


def _encoded(name: str) -> bytes:
    """Raise MalformedError for a name that leaves its folder, hides something, or is too long."""
    try:
        data = name.encode()
    except UnicodeEncodeError:
        raise MalformedError(message("a member's name is not Unicode")) from None
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name and unicodedata.is_normalized("NFC", name)
    if not 0 < len(data) <= MAX_NAME or not plain or any(part in ("", ".", "..") for part in parts):
        raise MalformedError(message("{name!r} is no name that a member of a dossier may have", name=name[:80]))
    return data
