"""Matters as an officer sees them. JSON-able; times are RFC 3339 UTC, ids and hashes hex."""

from __future__ import annotations

from enum import StrEnum

from rogatory.node.inbox.views import DocumentLine, DocumentView, View


class MatterKind(StrEnum):
    """What a matter was opened for."""

    REQUEST = "request"
    CONSULTATION = "consultation"


class Sent(View, frozen=True, kw_only=True):
    """A document was signed and stands in the outbox."""

    matter: str
    document: str


class AmendmentView(View, frozen=True, kw_only=True):
    """A proposal to add parties. It takes effect when every party of the time has signed it."""

    digest: str
    matter: str
    proposer: str
    adds: list[str]
    reason: str
    signed: list[str]
    waiting_for: list[str]
    complete: bool
    effective: bool


class MatterLine(View, frozen=True, kw_only=True):
    """A matter in a list. `matter` is its channel id, `state` that of matters.life."""

    matter: str
    kind: MatterKind
    subject: str
    state: str
    creator: str
    parties: list[str]
    opened_at: str
    changed_at: str
    documents: int
    reference: str | None = None


class MatterView(View, frozen=True, kw_only=True):
    """A whole matter: `parties` may take part, `members` do already; `trouble` says why nothing is sent, if so."""

    matter: str
    kind: MatterKind
    subject: str
    state: str
    creator: str
    parties: list[str]
    members: list[str]
    relay: str
    opened_at: str
    changed_at: str
    documents: list[DocumentLine]
    amendments: list[AmendmentView]
    request: DocumentView | None = None
    reference: str | None = None
    trouble: str | None = None
