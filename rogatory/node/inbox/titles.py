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
from rogatory.protocol.text import Message, counted, in_words, message

MAX_TITLE = 120
MAX_NAMES = 3


def title_of(payload: Payload) -> str:
    """At most 120 characters, without line breaks."""
    say = _TITLES.get(payload.kind)
    return (say(payload.body) if say is not None else "") or in_words(payload.kind)


def _line(text: str, most: int = MAX_TITLE) -> str:
    first = " ".join(text.strip().split("\n", 1)[0].split())
    return first if len(first) <= most else first[: most - 1] + "…"


def _said(template: Callable[[str], Message], text: str) -> Message:
    """What a document does and its author's words, cut so that the English title has its length."""
    return template(_line(text, max(1, MAX_TITLE - len(template("")))))


def _reply(body: Reply) -> str:
    outcome = in_words(body.outcome.value)
    if not body.text.strip():
        return outcome
    return _said(lambda text: message("{outcome}: {text}", outcome=outcome, text=text), body.text)


def _amendment(body: Amendment) -> str:
    adds = body.adds if len(body.adds) <= MAX_NAMES else (*body.adds[:MAX_NAMES], "…")
    return _said(lambda text: message("adds {adds}: {text}", adds=tuple(adds), text=text), body.reason)


def _receipt(body: DocumentReceipt) -> str:
    if not body.reference:
        return message("received")
    return _said(lambda text: message("received under reference {reference}", reference=text), body.reference)


def _closing(body: Closing) -> str:
    if not body.reason:
        return message("closes the matter")
    return _said(lambda text: message("closes the matter: {text}", text=text), body.reason)


def _objection(body: Objection) -> str:
    return _said(lambda text: message("has no effect: {text}", text=text), body.reason)


def _leave(body: Leave) -> str:
    return _said(lambda text: message("leaves: {text}", text=text), body.reason) if body.reason else message("leaves")


def _reminder(body: Reminder) -> str:
    at = body.at.replace("T", " ").replace("Z", " UTC")
    return message("{stage}: {due} due {at}", stage=body.stage.value, due=body.due.value.replace("_", " "), at=at)


def _evidence(body: Evidence) -> str:
    return counted("states one thing of a document", "states {count} things of documents", count=len(body.statements))


_TITLES: dict[str, Callable[[Any], str]] = {
    Charter.KIND: lambda body: _line(body.subject),
    Request.KIND: lambda body: _line(body.subject),
    Reply.KIND: _reply,
    Consultation.KIND: lambda body: _line(body.text),
    Announcement.KIND: lambda body: _line(body.wordings[0].title),
    Amendment.KIND: _amendment,
    DocumentReceipt.KIND: _receipt,
    Closing.KIND: _closing,
    Objection.KIND: _objection,
    Reminder.KIND: _reminder,
    Evidence.KIND: _evidence,
    Leave.KIND: _leave,
}
