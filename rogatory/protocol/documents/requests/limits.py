"""How what a document says may be used, in lines that stand wherever its content is shown or exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rogatory.protocol.documents.base import Payload
from rogatory.protocol.text import Message, message


def limits_of(payload: Payload) -> tuple[Message, ...]:
    """Handling codes, use limits and confidentiality (UNTOC 18(5), 18(19), 18(20)), a line each."""
    lines = _lines(payload.author, payload.body)
    if authority := getattr(payload.body, "forwarded_to", ""):
        kept = "{line}; forwarded to {authority} with this limit"
        return tuple(message(kept, line=line, authority=authority) for line in lines)
    return tuple(lines)


def _lines(author: str, body: Any) -> Iterator[Message]:
    limits = getattr(body, "use_limits", None)
    if limits is not None:
        if limits.handling:
            codes = tuple(code.value for code in limits.handling)
            yield message("HANDLING {codes} (set by {author})", codes=codes, author=author)
        if limits.text.strip():
            yield message("USE LIMITS (set by {author}): {text}", author=author, text=_line(limits.text))
    if restrictions := getattr(body, "restrictions", "").strip():
        yield message("RESTRICTED, says {author} (UNTOC 18(5)): {text}", author=author, text=_line(restrictions))
    confidential = getattr(body, "confidentiality", None)
    if confidential is not None:
        reason = _line(confidential.reason)
        if reason:
            yield message("CONFIDENTIAL, asks {author} (UNTOC 18(20)): {text}", author=author, text=reason)
        else:
            yield message("CONFIDENTIAL, asks {author} (UNTOC 18(20))", author=author)


def _line(text: str) -> str:
    return " ".join(text.split())
