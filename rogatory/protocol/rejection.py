"""Rejections: the relay signs that it did not take an entry, and why (PROTOCOL.md, Evidences)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from rogatory.protocol.bounds import MAX_NUMBER, Listed, Milliseconds, Number
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.limits import CHANNEL_ID, HASH, MAX_AUTHORITY_ID
from rogatory.protocol.merkle import leaf_hash, root_and_paths, root_from_path
from rogatory.protocol.receipt import MAX_PATH, signed_root
from rogatory.protocol.text import message

FINAL: Final = frozenset({"malformed", "too_large", "not_a_member", "reserved_channel", "quota"})
"""Codes of refusals that are signed: repeating the append mends none of these by itself."""

_LABEL: Final = b"rogatory rejection root 1"


class RejectionInvalid(ProtocolError):
    """A rejection that does not prove what it claims. The relay's fault."""


class RefusedEntry(msgspec.Struct, frozen=True, array_like=True):
    """What a leaf of the tree is about: `author`'s entry with this body hash, refused with `code` at `time`."""

    channel: bytes
    author: Annotated[str, Meta(max_length=MAX_AUTHORITY_ID)]
    body_hash: bytes
    code: Annotated[str, Meta(max_length=40, pattern=r"\A[a-z_]+\Z")]
    time: Milliseconds

    def leaf(self) -> bytes:
        """The leaf's hash. Raises MalformedError out of bounds."""
        author, code = self.author.encode(), self.code.encode()
        if len(self.channel) != CHANNEL_ID or len(self.body_hash) != HASH or not 0 <= self.time <= MAX_NUMBER:
            raise MalformedError(message("a rejection's channel, body hash or time is out of bounds"))
        parts = (self.channel, _short(author), self.body_hash, _short(code), self.time.to_bytes(8, "big"))
        return leaf_hash(b"".join((b"rogatory rejection 1", *parts)))


class Rejection(msgspec.Struct, frozen=True, array_like=True):
    """`relay` says that it refused an entry."""

    relay: str
    refused: RefusedEntry
    index: Number
    count: Number
    path: Listed[bytes]
    signature: bytes


def reject(relay: str, refused: Sequence[RefusedEntry], sign: Callable[[bytes], bytes]) -> list[Rejection]:
    """The rejections of entries that were refused together, in their order; `sign` is called once."""
    root, paths = root_and_paths([each.leaf() for each in refused])
    signature = sign(signed_root(_LABEL, relay, len(refused), root))
    return [
        Rejection(relay, each, index, len(refused), path, signature)
        for index, (each, path) in enumerate(zip(refused, paths, strict=True))
    ]


def check_rejection(rejection: Rejection, verify: Callable[[bytes, bytes], None]) -> None:
    """Raise RejectionInvalid unless the path leads to a root that `verify(signature, data)` accepts.

    `verify` checks against the relay's receipt key from the directory and raises ProtocolError.
    """
    if len(rejection.path) > MAX_PATH or any(len(node) != HASH for node in rejection.path):
        raise RejectionInvalid(message("the relay's rejection has a path of the wrong shape"))
    try:
        root = root_from_path(rejection.refused.leaf(), rejection.index, rejection.count, rejection.path)
        signed = signed_root(_LABEL, rejection.relay, rejection.count, root)
    except (ValueError, MalformedError):
        raise RejectionInvalid(message("the relay's rejection does not lead to a root")) from None
    verify(rejection.signature, signed)


def _short(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text
