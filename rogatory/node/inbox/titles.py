"""One line that tells an officer what a document is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rogatory.protocol.documents import (
    Amendment,
    Announcement,
    Charter,
    Closing,
    Consultation,
    DocumentReceipt,
    Leave,
    Objection,
    Payload,
    Reply,
    Request,
)

MAX_TITLE = 120


def title_of(payload: Payload) -> str:
    """At most 120 characters, without line breaks."""
    say = next((say for kind, say in _TITLES.items() if isinstance(payload.body, kind)), None)
    return _line(say(payload.body) if say is not None else payload.kind) or payload.kind


def _line(text: str) -> str:
    first = " ".join(text.strip().split("\n", 1)[0].split())
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1] + "…"


def _reply(body: Reply) -> str:
    outcome = body.outcome.value.replace("_", " ")
    return f"{outcome}: {body.text}" if body.text.strip() else outcome


_TITLES: dict[type, Callable[[Any], str]] = {
    Charter: lambda body: body.subject,
    Request: lambda body: body.subject,
    Reply: _reply,
    Consultation: lambda body: body.text,
    Announcement: lambda body: body.wordings[0].title,
    Amendment: lambda body: f"adds {', '.join(body.adds)}: {body.reason}",
    DocumentReceipt: lambda body: f"received under reference {body.reference}" if body.reference else "received",
    Closing: lambda body: f"closes the matter: {body.reason}" if body.reason else "closes the matter",
    Objection: lambda body: f"has no effect: {body.reason}",
    Leave: lambda body: f"leaves: {body.reason}" if body.reason else "leaves",
}
