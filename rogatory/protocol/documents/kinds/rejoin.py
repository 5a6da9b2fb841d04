"""A member whose MLS state is lost asks to be let in again. The one document that stands in the log in the clear."""

from __future__ import annotations

import base64
from typing import Annotated, ClassVar

import msgspec

from rogatory.protocol.documents.base import Body, Payload
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Hex32, Part, Seq
from rogatory.protocol.limits import MAX_KEY_PACKAGE
from rogatory.protocol.text import message


class LastCommit(Part, frozen=True, kw_only=True):
    """The log's last commit entry, void ones too: its seq, and the SHA-256 of its body, as its header has it."""

    seq: Annotated[int, msgspec.Meta(ge=1, lt=1 << 53)]
    body: Hex32


class Rejoin(Body, frozen=True, kw_only=True):
    """`key_package` is an MLSMessage; `last_seq` and `last_head` are how far the member had read (seq 0: nothing).

    `last_commit` binds it to its place: whoever kept it cannot have it let in again later.
    """

    KIND: ClassVar[str] = "rejoin"
    ADDRESSED: ClassVar[bool] = False

    key_package: Annotated[str, msgspec.Meta(max_length=(MAX_KEY_PACKAGE + 2) // 3 * 4)]
    """Base64 (RFC 4648 section 4)."""
    last_seq: Seq
    last_head: Hex32
    last_commit: LastCommit

    @property
    def key_package_bytes(self) -> bytes:
        """The key package's MLSMessage."""
        return base64.b64decode(self.key_package, validate=True)

    def check(self, payload: Payload) -> None:
        """The log is plain here: nothing that tells about a case."""
        try:
            if not self.key_package_bytes:
                raise UnsoundDocument(message("a rejoin brings a key package"))
        except ValueError:  # binascii.Error, or not ASCII
            raise UnsoundDocument(message("a rejoin's key package is not base64")) from None
        if payload.thread is not None or payload.in_reply_to is not None:
            raise UnsoundDocument(message("a rejoin stands in the clear and names no thread"))


def rejoin(key_package: bytes, last_seq: int, last_head: bytes, last_commit: tuple[int, bytes]) -> Rejoin:
    """A rejoin's body from bytes. `last_commit`: seq and body hash of the log's last commit."""
    seq, body_hash = last_commit
    return Rejoin(
        key_package=base64.b64encode(key_package).decode(),
        last_seq=last_seq,
        last_head=last_head.hex(),
        last_commit=LastCommit(seq=seq, body=body_hash.hex()),
    )
