"""What stands inside the ciphertext of an MLS message (PROTOCOL.md, Content)."""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from rogatory.protocol.attachments.reference import References
from rogatory.protocol.documents.dsse import MAX_ENVELOPE
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.text import message, text_of

MESSAGE_ID = 16
SALT = 32


class CommitmentMismatch(ProtocolError):
    """The entry commits in the clear to another document than the one inside. The author's fault: not acknowledged."""


class SentContent(msgspec.Struct, frozen=True, array_like=True, tag_field="content", tag="document"):
    """A document sent for the first time. `id`: its message id, by which recipients drop a second copy."""

    id: bytes
    salt: bytes
    document: bytes
    """The envelope."""
    attachments: References = []
    """Where the files are that it names as annexes, and the keys that open them."""


class SharedContent(msgspec.Struct, frozen=True, array_like=True, tag_field="content", tag="shared"):
    """A document shared again with a member that missed it: the original envelope, and where it stood in the log."""

    id: bytes
    salt: bytes
    document: bytes
    seq: int
    """Sequence number of the entry that first carried it."""
    attachments: References = []


Content = SentContent | SharedContent

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Content] = msgspec.msgpack.Decoder(Content)


def encode_content(content: Content) -> bytes:
    """The application data of an MLS message."""
    return _encoder.encode(content)


def decode_content(data: bytes) -> Content:
    """The content in `data`; raises MalformedError."""
    try:
        content = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(message("not a content of this protocol: {error}", error=text_of(error))) from None
    if len(content.id) != MESSAGE_ID or len(content.salt) != SALT:
        raise MalformedError(
            message("a content has an id of {message_id} bytes and a salt of {salt}", message_id=MESSAGE_ID, salt=SALT)
        )
    if len(content.document) > MAX_ENVELOPE:
        raise MalformedError(message("a document in a content has at most {most} bytes", most=MAX_ENVELOPE))
    if isinstance(content, SharedContent) and not 0 < content.seq < 1 << 63:
        raise MalformedError(message("a shared document names the entry that first carried it"))
    return content


def document_commitment(salt: bytes, digest: bytes) -> bytes:
    """What an entry says in the clear of the document inside: proves it later, tells nothing now. 32 bytes."""
    return hashlib.sha256(b"rogatory document commitment 1" + salt + digest).digest()


def check_commitment(content: Content, digest: bytes, declared: bytes | None) -> None:
    """Raise CommitmentMismatch unless `declared` (the declaration's `document`) commits to `digest`.

    Without this, an acknowledgement of the entry would prove nothing about the document.
    """
    if declared is None:
        raise CommitmentMismatch(message("the entry carries a document and does not commit to it"))
    if not hmac.compare_digest(document_commitment(content.salt, digest), declared):
        raise CommitmentMismatch(message("the entry commits to another document than the one inside"))
