"""What lies on an officer's desk, looked at without a line on the screen."""

from __future__ import annotations

from typing import Any

from deploy.demo.cast import Office
from deploy.demo.stage import Stage

ARRIVE_SECONDS = 30.0
DIGITS = 12
"""Of an id: as many as the commands print, and enough for them to know it by."""


def document_at(stage: Stage, office: Office, matter: str, kind: str) -> dict[str, Any] | None:
    """The first document of a kind in a matter; None while it is not there."""
    return next((document for document in documents_at(stage, office, matter) if document["kind"] == kind), None)


def said_at(stage: Stage, office: Office, matter: str) -> list[str]:
    """What was said in a consultation, as the office reads it."""
    documents = documents_at(stage, office, matter)
    return [document["body"]["text"] for document in documents if document["kind"] == "consultation"]


def documents_at(stage: Stage, office: Office, matter: str) -> list[dict[str, Any]]:
    """A matter's documents in full; none while the office's node does not know the matter."""
    return stage.look(office, f"matters/{matter}/documents") or []


def acknowledged_at(document: dict[str, Any], authority: str) -> str | None:
    """When an addressee's node acknowledged a document, as its author's node knows."""
    times = [one["acknowledged_at"] for one in document["deliveries"] if one["authority"] == authority]
    return times[0] if times else None
