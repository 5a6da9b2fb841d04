"""What all joiners of a commit share: its GroupInfo, and the ratchet tree apart from it (PROTOCOL.md, Profile of MLS).

The Welcome of every joiner is bound to the whole encrypted GroupInfo (RFC 9420 section 12.4.3.1): with the tree inside,
adding a thousand members would hash megabytes a thousand times. So the tree stands beside, sealed under a key of its
own in the GroupInfo; the tree hash in the GroupContext proves it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.mls.suite import CipherSuite
from rogatory.protocol.text import message, text_of

_NONCE: Final = bytes(12)
"""Each key seals one tree."""


class Shared(msgspec.Struct, frozen=True, array_like=True):
    """`group_info`: encrypted as MLS says; `tree`: sealed, empty where the GroupInfo carries it."""

    group_info: bytes
    tree: bytes = b""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Shared)


def encode_shared(shared: Shared) -> bytes:
    """The `info` of an invitation."""
    return _encoder.encode(shared)


def decode_shared(data: bytes) -> Shared:
    """What `encode_shared` gave; raises MalformedError."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not the shared part of an invitation: {error}", error=text_of(error))) from None


def seal_tree(suite: CipherSuite, key: bytes, group_id: bytes, tree: bytes) -> bytes:
    """The tree for whoever holds `key`, which has 32 random bytes and is used once."""
    return suite.seal(key, _NONCE, group_id, tree)


def open_tree(suite: CipherSuite, key: bytes, group_id: bytes, sealed: bytes) -> bytes:
    """The tree. Raises MalformedError for a key that is none, DecryptionFailed."""
    if len(key) != suite.key_length:
        raise MalformedError(message("the invitation does not say how its tree is read"))
    return suite.unseal(key, _NONCE, group_id, sealed)
