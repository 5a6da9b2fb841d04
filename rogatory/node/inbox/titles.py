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
    Evidence,
    Leave,
    Objection,
    Payload,
    Reminder,
    Reply,
    Request,
)
from rogatory.protocol.text import counted, message

MAX_TITLE = 120


def title_of(payload: Payload) -> str:
    """At most 120 characters, without line breaks."""
    say = _TITLES.get(payload.kind)
    return _line(say(payload.body) if say is not None else payload.kind) or payload.kind


def _line(text: str) -> str:
    first = " ".join(text.strip().split("\n", 1)[0].split())
    return first if len(first) <= MAX_TITLE else first[: MAX_TITLE - 1] + "…"


def _reply(body: Reply) -> str:
    outcome = body.outcome.value.replace("_", " ")
    return f"{outcome}: {body.text}" if body.text.strip() else outcome


def _reminder(body: Reminder) -> str:
    at = body.at.replace("T", " ").replace("Z", " UTC")
    return message("{stage}: {due} due {at}", stage=body.stage.value, due=body.due.value.replace("_", " "), at=at)


def _evidence(body: Evidence) -> str:
    return counted("states one thing of a document", "states {count} things of documents", count=len(body.statements))


_TITLES: dict[str, Callable[[Any], str]] = {
    Charter.KIND: lambda body: body.subject,
    Request.KIND: lambda body: body.subject,
    Reply.KIND: _reply,
    Consultation.KIND: lambda body: body.text,
    Announcement.KIND: lambda body: body.wordings[0].title,
    Amendment.KIND: lambda body: f"adds {', '.join(body.adds)}: {body.reason}",
    DocumentReceipt.KIND: lambda body: f"received under reference {body.reference}" if body.reference else "received",
    Closing.KIND: lambda body: f"closes the matter: {body.reason}" if body.reason else "closes the matter",
    Objection.KIND: lambda body: f"has no effect: {body.reason}",
    Reminder.KIND: _reminder,
    Evidence.KIND: _evidence,
    Leave.KIND: lambda body: f"leaves: {body.reason}" if body.reason else "leaves",
}
