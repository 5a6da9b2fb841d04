"""Frames to bytes and back, within limits."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import ClientFrame
from rogatory.protocol.frames.server import ServerFrame
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.text import message, text_of

VERSIONS: Final = (1,)
"""Versions of the frames that this code speaks, best first."""

_encoder = msgspec.msgpack.Encoder()
_from_client: msgspec.msgpack.Decoder[ClientFrame] = msgspec.msgpack.Decoder(ClientFrame)
_from_server: msgspec.msgpack.Decoder[ServerFrame] = msgspec.msgpack.Decoder(ServerFrame)
_F = TypeVar("_F")


def encode_frame(frame: ClientFrame | ServerFrame) -> bytes:
    """One frame as the bytes of a binary WebSocket message; raises MalformedError above the frame limit."""
    data = _encoder.encode(frame)
    if len(data) > MAX_FRAME:
        raise MalformedError(
            message(
                "a frame of {size} bytes is over the limit of {max_frame}",
                size=len(data),
                max_frame=MAX_FRAME,
            )
        )
    return data


def _decode(decoder: msgspec.msgpack.Decoder[_F], data: bytes) -> _F:
    if len(data) > MAX_FRAME:
        raise MalformedError(
            message(
                "a frame of {size} bytes is over the limit of {max_frame}",
                size=len(data),
                max_frame=MAX_FRAME,
            )
        )
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a frame of this protocol: {error}", error=text_of(error))) from None


def decode_client_frame(data: bytes) -> ClientFrame:
    """A frame that a node sent; raises MalformedError."""
    return _decode(_from_client, data)


def decode_server_frame(data: bytes) -> ServerFrame:
    """A frame that a relay sent; raises MalformedError."""
    return _decode(_from_server, data)
