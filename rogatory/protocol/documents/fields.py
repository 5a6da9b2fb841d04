"""The types of fields in documents: every text has a limit and a rule about control characters.

Lengths count Unicode characters. In a line, no control character, line separator or bidirectional
formatting character may stand, so that one field cannot pass for two or be shown in another order;
a text may also have tabs and line feeds, and bidirectional isolates. In neither stand interlinear annotations
and tags (U+FFF9 to U+FFFB, U+E0000 to U+E007F), by which words could be signed that no reader sees.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

_HIDDEN = r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_LINE = rf"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069{_HIDDEN}]*\Z"
_NAME = rf"\A[^/\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069{_HIDDEN}]*\Z"
_TEXT = rf"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e{_HIDDEN}]*\Z"


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of fields within a document. Unknown fields are refused: nobody signs what the reader does not see."""


Line = Annotated[str, msgspec.Meta(max_length=300, pattern=_LINE)]
"""A single line: a name, a subject, a reference."""

Text = Annotated[str, msgspec.Meta(max_length=20_000, pattern=_TEXT)]
"""A few pages."""

LongText = Annotated[str, msgspec.Meta(max_length=200_000, pattern=_TEXT)]
"""The facts of a case."""

AuthorityId = Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{2}\.[a-z0-9-]{1,40}\Z")]
RelayId = Annotated[str, msgspec.Meta(pattern=r"\Arelay\.[a-z0-9-]{1,40}\Z")]
NetworkId = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9-]{0,39}\Z")]

MessageId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
"""16 bytes in lower-case hexadecimal."""

Hex32 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""32 bytes in lower-case hexadecimal: a channel id, a digest, a head."""

Seq = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
"""A sequence number or version, exact in every JSON implementation."""

Language = Annotated[str, msgspec.Meta(max_length=35, pattern=r"\A[a-z]{2,3}(-[A-Za-z0-9]{1,8})*\Z")]
"""A language tag of RFC 5646, the language in lower case."""

Country = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{2}\Z")]
"""ISO 3166-1 alpha-2."""

_DAY = r"[0-9]{4}-[01][0-9]-[0-3][0-9]"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"

Timestamp = Annotated[str, msgspec.Meta(pattern=rf"\A{_DAY}T{_TIME}Z\Z")]
"""RFC 3339 in UTC, whole seconds."""

Date = Annotated[str, msgspec.Meta(pattern=rf"\A{_DAY}\Z")]


class Thread(Part, frozen=True, kw_only=True):
    """A line of conversation within a channel."""

    id: MessageId
    subject: Line


class DocumentRef(Part, frozen=True, kw_only=True):
    """Another document: its message id and its digest (which binds author, channel and content)."""

    id: MessageId
    digest: Hex32


class Annex(Part, frozen=True, kw_only=True):
    """A file that belongs to the document, told apart by its content's hash. `size` in bytes."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_NAME)]
    media_type: Annotated[str, msgspec.Meta(max_length=100, pattern=r"\A[a-z0-9.+-]+/[a-zA-Z0-9.+-]+\Z")]
    size: Seq
    sha256: Hex32
    title: Line = ""
    language: Language | None = None


Annexes = Annotated[tuple[Annex, ...], msgspec.Meta(max_length=100)]
Parties = Annotated[tuple[AuthorityId, ...], msgspec.Meta(max_length=200)]
"""Authorities, each once."""
