"""MLSMessage, the outermost frame (RFC 9420 section 6), and what can be told of one without any key."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import msgspec

from .codec import Reader, Structure, opaque_at, uint16
from .errors import MLSDecodeError, UnsupportedVersion, WrongWireFormat
from .framed_content import CONTENT_TYPES, ContentType, Sender, WireFormat, read_content_type
from .group_info import GroupInfo
from .key_package import KeyPackage
from .leaf_node import MLS10
from .private_message import PrivateMessage
from .public_message import PublicMessage
from .welcome import Welcome

Body = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage

_BODIES: dict[int, type[Body]] = {
    WireFormat.PUBLIC_MESSAGE: PublicMessage,
    WireFormat.PRIVATE_MESSAGE: PrivateMessage,
    WireFormat.WELCOME: Welcome,
    WireFormat.GROUP_INFO: GroupInfo,
    WireFormat.KEY_PACKAGE: KeyPackage,
}
_FORMATS = {body: WireFormat(code) for code, body in _BODIES.items()}


@dataclass(frozen=True, slots=True)
class MLSMessage(Structure):
    body: Body

    @property
    def wire_format(self) -> WireFormat:
        return _FORMATS[type(self.body)]

    @classmethod
    def read(cls, reader: Reader) -> MLSMessage:
        wire_format = _read_head(reader)
        return cls(_BODIES[wire_format].read(reader))

    def encode(self) -> bytes:
        return uint16(MLS10) + uint16(self.wire_format) + self.body.encode()


def _read_head(reader: Reader) -> WireFormat:
    version = reader.uint16()
    if version != MLS10:
        raise UnsupportedVersion(str(version))
    wire_format = reader.uint16()
    if wire_format not in _BODIES:
        raise MLSDecodeError(f"the wire format {wire_format} is not known")
    return WireFormat(wire_format)


class Peek(msgspec.Struct, frozen=True, gc=False):
    """What stands in the clear in a message of a group."""

    wire_format: WireFormat
    group_id: bytes
    epoch: int
    content_type: ContentType
    authenticated_data: bytes


_PRIVATE = uint16(MLS10) + uint16(WireFormat.PRIVATE_MESSAGE)
_PRIVATE_MESSAGE = WireFormat.PRIVATE_MESSAGE
_HEAD_LENGTH = len(_PRIVATE)
_EPOCH: Final = struct.Struct(">Q")


def peek(message: bytes) -> Peek:
    """The clear fields of an encoded PublicMessage or PrivateMessage; the rest is not looked at.

    Raises MLSDecodeError, or WrongWireFormat for an MLSMessage that is not of a group.
    """
    if message.startswith(_PRIVATE):
        return _peek_private(message)
    reader = Reader(message)
    wire_format = _read_head(reader)
    if wire_format is not WireFormat.PUBLIC_MESSAGE:
        raise WrongWireFormat(wire_format.name)
    group_id, epoch = reader.opaque(), reader.uint64()
    Sender.read(reader)
    authenticated_data = reader.opaque()
    return Peek(wire_format, group_id, epoch, read_content_type(reader), authenticated_data)


def _peek_private(message: bytes) -> Peek:
    """Without a Reader: a relay looks into every message, and needs no more of it than this."""
    start, end = opaque_at(message, _HEAD_LENGTH)
    kind = end + _EPOCH.size
    if kind >= len(message):
        raise MLSDecodeError("the message ends before its content type")
    content_type = CONTENT_TYPES.get(message[kind])
    if content_type is None:
        raise MLSDecodeError(f"a content type {message[kind]} is not known")
    data_start, data_end = opaque_at(message, kind + 1)
    (epoch,) = _EPOCH.unpack_from(message, end)
    return Peek(_PRIVATE_MESSAGE, message[start:end], epoch, content_type, message[data_start:data_end])
