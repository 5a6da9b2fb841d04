"""The kinds of documents, and payload bytes to values and back. A new kind is registered here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, Final

import msgspec

from rogatory.protocol.documents.base import VERSION, Body, Head, Payload, check_payload
from rogatory.protocol.documents.errors import (
    DocumentTooLarge,
    MalformedDocument,
    UnknownKind,
    UnsupportedDocument,
)
from rogatory.protocol.documents.kinds.amendment import Amendment
from rogatory.protocol.documents.kinds.announcement import Announcement
from rogatory.protocol.documents.kinds.charter import Charter
from rogatory.protocol.documents.kinds.closing import Closing
from rogatory.protocol.documents.kinds.consultation import Consultation
from rogatory.protocol.documents.kinds.evidence import Evidence
from rogatory.protocol.documents.kinds.leave import Leave
from rogatory.protocol.documents.kinds.objection import Objection
from rogatory.protocol.documents.kinds.receipt import DocumentReceipt
from rogatory.protocol.documents.kinds.rejoin import Rejoin
from rogatory.protocol.documents.kinds.reminder import Reminder
from rogatory.protocol.documents.kinds.reply import Reply
from rogatory.protocol.documents.requests.forms import FORMS
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message, text_of

KINDS: Final[Mapping[str, type[Body]]] = {
    body.KIND: body
    for body in (
        Charter,
        Amendment,
        Request,
        Reply,
        Consultation,
        Announcement,
        DocumentReceipt,
        Objection,
        Reminder,
        Leave,
        Closing,
        Rejoin,
        Evidence,
    )
}

MAX_PAYLOAD: Final = 700 * 1024
"""Bytes of a payload; its envelope then fits an entry, padding and MLS included."""


class _Outline(msgspec.Struct, frozen=True):
    """What says how the rest is to be read."""

    v: int
    kind: str


class _Unread(Head, frozen=True, kw_only=True):
    body: msgspec.Raw


_outline = msgspec.json.Decoder(_Outline)
_unread = msgspec.json.Decoder(_Unread)


def _decoder(body: type[Body]) -> msgspec.json.Decoder[Body]:
    """A request is one of its forms."""
    return msgspec.json.Decoder(reduce(or_, FORMS.values()) if body is Request else body)


_bodies: Mapping[str, msgspec.json.Decoder[Body]] = {kind: _decoder(body) for kind, body in KINDS.items()}
_encoder = msgspec.json.Encoder()


def encode_payload(payload: Payload) -> bytes:
    """The payload's bytes. They are made once, by the author; everybody else keeps them as they are."""
    return _encoder.encode(payload)


def decode_payload(data: bytes) -> Payload:
    """A sound payload; raises MalformedDocument, UnsupportedDocument, UnknownKind or UnsoundDocument."""
    payload = read_payload(data)
    try:
        _names_once.decode(data.decode())
    except (UnicodeDecodeError, RecursionError, ValueError):
        raise MalformedDocument(message("not a document of this protocol: no sound JSON")) from None
    check_payload(payload)
    return payload


def read_payload(data: bytes) -> Payload:
    """What a payload says, by its types alone; raises MalformedDocument, UnsupportedDocument or UnknownKind."""
    if len(data) > MAX_PAYLOAD:
        raise DocumentTooLarge(
            message(
                "a document's payload has at most {most} bytes: put long parts into annexes",
                most=MAX_PAYLOAD,
            )
        )
    try:
        outline = _outline.decode(data)
        if outline.v != VERSION:
            raise UnsupportedDocument(
                message(
                    "a document of version {given}; this side knows version {known}: update the software",
                    given=outline.v,
                    known=VERSION,
                )
            )
        if outline.kind not in KINDS:
            raise UnknownKind(
                message("a document of kind {kind!r} is not known here: update the software", kind=outline.kind[:40])
            )
        unread = _unread.decode(data)
        body = _bodies[unread.kind].decode(unread.body)
    except msgspec.MsgspecError as error:
        raise MalformedDocument(message("not a document of this protocol: {error}", error=text_of(error))) from None
    except (UnicodeDecodeError, RecursionError):
        raise MalformedDocument(message("not a document of this protocol: no sound JSON")) from None
    return Payload(
        v=unread.v,
        kind=unread.kind,
        id=unread.id,
        author=unread.author,
        key_set=unread.key_set,
        addressees=unread.addressees,
        channel=unread.channel,
        written_at=unread.written_at,
        thread=unread.thread,
        in_reply_to=unread.in_reply_to,
        body=body,
    )


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> None:
    """RFC 8259 section 4: readers differ about repeated names, so a signature over them proves nothing."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise MalformedDocument(message("not a document of this protocol: a name stands twice in one object"))


_names_once = json.JSONDecoder(object_pairs_hook=_refuse_repeated_names)
