"""How what a document says may be used, in lines that stand wherever its content is shown or exported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rogatory.protocol.documents.base import Payload


def limits_of(payload: Payload) -> tuple[str, ...]:
    """Handling codes, use limits and confidentiality (UNTOC 18(5), 18(19), 18(20)), a line each."""
    return tuple(_lines(payload.author, payload.body))


def _lines(author: str, body: Any) -> Iterator[str]:
    limits = getattr(body, "use_limits", None)
    if limits is not None:
        if limits.handling:
            yield f"HANDLING {', '.join(code.value for code in limits.handling)} (set by {author})"
        if limits.text.strip():
            yield f"USE LIMITS (set by {author}): {_line(limits.text)}"
    if restrictions := getattr(body, "restrictions", "").strip():
        yield f"RESTRICTED, says {author} (UNTOC 18(5)): {_line(restrictions)}"
    confidential = getattr(body, "confidentiality", None)
    if confidential is not None:
        reason = _line(confidential.reason)
        yield f"CONFIDENTIAL, asks {author} (UNTOC 18(20))" + (f": {reason}" if reason else "")


def _line(text: str) -> str:
    return " ".join(text.split())
