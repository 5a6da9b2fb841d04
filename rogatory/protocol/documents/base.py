"""What every document's payload says, whatever its kind."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal

import msgspec

from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import AuthorityId, Hex32, MessageId, Part, Seq, Thread, Timestamp
from rogatory.protocol.text import in_words, message

VERSION: Final = 1
MAX_ADDRESSEES: Final = 200


class Body(Part, frozen=True, kw_only=True):
    """The part of a payload that depends on its kind. A new kind is a subclass, registered in `registry.py`."""

    KIND: ClassVar[str]
    CASE_DATA: ClassVar[bool] = False
    """Whether it may carry data of a case: then network channels refuse it."""
    ADDRESSED: ClassVar[bool] = True
    """Whether it names addressees; else it is for everybody in the channel and names none."""

    def check(self, payload: Payload) -> None:
        """Raise UnsoundDocument where the parts contradict each other or lack what the kind needs."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The common fields. They bind a document to its place: a letter to one cannot be shown as a letter to another.

    `written_at` is the author's own claim; when a document existed is told by receipts.
    """

    v: Literal[1]
    kind: Annotated[str, msgspec.Meta(max_length=40, pattern=r"\A[a-z_]+\Z")]
    id: MessageId
    author: AuthorityId
    key_set: Seq
    addressees: Annotated[tuple[AuthorityId, ...], msgspec.Meta(max_length=MAX_ADDRESSEES)]
    channel: Hex32
    written_at: Timestamp
    thread: Thread | None = None
    in_reply_to: MessageId | None = None


class Payload(Head, frozen=True, kw_only=True):
    """A whole payload: the common fields and the body."""

    body: Body

    @property
    def message_id(self) -> bytes:
        """The message id, 16 bytes."""
        return bytes.fromhex(self.id)

    @property
    def channel_id(self) -> bytes:
        """The channel id, 32 bytes."""
        return bytes.fromhex(self.channel)


def compose(
    body: Body,
    *,
    author: str,
    key_set: int,
    addressees: tuple[str, ...] | list[str],
    channel: bytes,
    message_id: bytes,
    written_at: int,
    thread: Thread | None = None,
    in_reply_to: bytes | None = None,
) -> Payload:
    """A payload around `body`. `written_at` in Unix seconds; ids as bytes. Checked when it is signed."""
    return Payload(
        v=VERSION,
        kind=body.KIND,
        id=message_id.hex(),
        author=author,
        key_set=key_set,
        addressees=tuple(addressees),
        channel=channel.hex(),
        written_at=timestamp(written_at),
        thread=thread,
        in_reply_to=None if in_reply_to is None else in_reply_to.hex(),
        body=body,
    )


def timestamp(seconds: int) -> str:
    """Unix seconds as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_payload(payload: Payload) -> None:
    """The rules that hold for every kind, then those of the kind; raises UnsoundDocument."""
    check_date(payload.written_at, "written_at")
    check_distinct(payload.addressees, "addressees")
    if payload.author in payload.addressees:
        raise UnsoundDocument(message("the author stands among the addressees"))
    if payload.body.ADDRESSED and not payload.addressees:
        raise UnsoundDocument(message("a {kind} names its addressees", kind=in_words(payload.kind)))
    if not payload.body.ADDRESSED and payload.addressees:
        raise UnsoundDocument(
            message("a {kind} is for everybody in its channel and names no addressees", kind=in_words(payload.kind))
        )
    if payload.in_reply_to == payload.id:
        raise UnsoundDocument(message("a document cannot reply to itself"))
    payload.body.check(payload)


def check_distinct(values: tuple[str, ...], what: str) -> None:
    """Raise UnsoundDocument if a value stands twice."""
    if len(set(values)) != len(values):
        raise UnsoundDocument(message("{what}: one stands there twice", what=what))


def check_date(value: str | None, what: str) -> None:
    """Raise UnsoundDocument unless `value` is absent or a date (or time) of the calendar."""
    try:
        if value is not None:
            datetime.fromisoformat(value)
    except ValueError:
        raise UnsoundDocument(message("{what}: {value} is no date of the calendar", what=what, value=value)) from None


def is_blank(value: str) -> bool:
    """Whether a text says nothing that can be seen: white space and format characters (Unicode Cf) do not count."""
    return not any(character.isprintable() and not character.isspace() for character in value)
