"""The product's two MLS extensions: what a group is for, and what its joiners need (PROTOCOL.md, Profile of MLS)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from rogatory.protocol.bounds import Number
from rogatory.protocol.declaration import DirectoryPin, Seen
from rogatory.protocol.documents.dsse import MAX_ENVELOPE
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.limits import HASH, MAX_AUTHORITY_ID, MAX_INVITATION, MAX_MEMBERS, MAX_REJOIN
from rogatory.protocol.text import message, text_of

CHANNEL_EXTENSION: Final = 0xF0A1
"""In the GroupContext (private use, RFC 9420 section 17.3). Never changes: the profile has no proposal that could."""

JOIN_EXTENSION: Final = 0xF0A2
"""In the GroupInfo of a Welcome."""

TOLD_EXTENSION: Final = 0xF0A3
"""In the leaf of who commits an addition: the digest of what its joiners are told (`judgement/told.py`)."""

MAX_CHANNEL_EXTENSION: Final = 1024

TREE_KEY: Final = 32


class MatterGroup(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="matter"):
    """A matter or consultation: the digest of its charter, which its creator signed before anybody joined."""

    charter: Annotated[bytes, msgspec.Meta(min_length=HASH, max_length=HASH)]


class NetworkGroup(msgspec.Struct, frozen=True, array_like=True, tag_field="kind", tag="network"):
    """A network's channel, or an inter-network one: the id of its roster in the directory."""

    network: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_AUTHORITY_ID)]


ChannelGroup = MatterGroup | NetworkGroup

_Envelope = Annotated[bytes, msgspec.Meta(max_length=MAX_ENVELOPE)]
_Amendment = Annotated[list[_Envelope], msgspec.Meta(max_length=200)]
_Amendments = Annotated[list[_Amendment], msgspec.Meta(max_length=200)]
_Authority = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_AUTHORITY_ID)]
_Authorities = Annotated[list[_Authority], msgspec.Meta(max_length=MAX_MEMBERS)]


class OpenRejoin(msgspec.Struct, frozen=True, array_like=True):
    """A rejoin entry that no commit has answered yet, and its body: the envelope of the signed document."""

    seq: Number
    envelope: Annotated[bytes, msgspec.Meta(max_length=MAX_REJOIN)]


class Departed(msgspec.Struct, frozen=True, array_like=True):
    """A former party, and how many amendments were complete when it left."""

    authority: _Authority
    amendments: Number


class JoinInfo(msgspec.Struct, frozen=True, array_like=True):
    """What a joiner is told. `anchor`: the log before the entry that adds it; it reads headers from there.

    `pin`: the directory of the commit that adds it. `charter` (envelope), `amendments` (each one's envelopes; the
    first `agreed` are complete, in their order), `leavers` (envelopes of their notices) and `rejoins`, both those that
    no commit has answered, `left` and `suspended` (who is no party any more; which parties are no members) let it
    judge from then on like the others. `tree_key`: under which the ratchet tree beside this is sealed; empty where the
    GroupInfo carries the tree itself.
    """

    anchor: Seen
    pin: DirectoryPin
    charter: _Envelope | None = None
    amendments: _Amendments = []
    leavers: Annotated[list[_Envelope], msgspec.Meta(max_length=MAX_MEMBERS)] = []
    rejoins: Annotated[list[OpenRejoin], msgspec.Meta(max_length=MAX_MEMBERS)] = []
    left: Annotated[list[Departed], msgspec.Meta(max_length=MAX_MEMBERS)] = []
    suspended: _Authorities = []
    agreed: Number = 0
    tree_key: Annotated[bytes, msgspec.Meta(max_length=TREE_KEY)] = b""
    version: Literal[1] = 1


_encoder = msgspec.msgpack.Encoder()
_channel_decoder: msgspec.msgpack.Decoder[ChannelGroup] = msgspec.msgpack.Decoder(ChannelGroup)
_join_decoder = msgspec.msgpack.Decoder(JoinInfo)


def encode_extension(extension: ChannelGroup | JoinInfo) -> bytes:
    """The extension's data."""
    return _encoder.encode(extension)


def decode_channel_extension(data: bytes) -> ChannelGroup:
    """The data of CHANNEL_EXTENSION; raises MalformedError."""
    if len(data) > MAX_CHANNEL_EXTENSION:
        raise MalformedError(
            message(
                "a channel extension has at most {most} bytes",
                most=MAX_CHANNEL_EXTENSION,
            )
        )
    try:
        return _channel_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a channel extension: {error}", error=text_of(error))) from None


def decode_join_extension(data: bytes) -> JoinInfo:
    """The data of JOIN_EXTENSION; raises MalformedError."""
    if len(data) > MAX_INVITATION:
        raise MalformedError(message("a join extension has at most {most} bytes", most=MAX_INVITATION))
    try:
        info = _join_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a join extension: {error}", error=text_of(error))) from None
    if len(info.anchor.head) != HASH:
        raise MalformedError(message("the head of a joiner's anchor has 32 bytes"))
    return info
