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


class Party(View, frozen=True, kw_only=True):
    """A party, present or gone. `role`: requesting, requested or consulted; `reference`: its own file number."""

    authority: str
    role: str
    left: bool = False
    reference: str | None = None
    keys: str | None = None
    """What its keys in force rest on (`Standing`); None where it is struck off, or the directory is not here."""
    confirmed_at: str | None = None
    """When a person here compared their fingerprint."""


class AmendmentView(View, frozen=True, kw_only=True):
    """A proposal to add parties. `complete`: every party of the time has signed it; `effective`: they are in;
    `superseded`: another one was complete first."""

    digest: str
    matter: str
    proposer: str
    adds: list[str]
    reason: str
    signed: list[str]
    waiting_for: list[str]
    complete: bool
    effective: bool
    superseded: bool


class ClosedView(View, frozen=True, kw_only=True):
    """A matter's end. `at`: when this node read it; `keys_gone_at`: when it deleted its keys."""

    by: str
    seq: int
    at: str
    keys_gone_at: str | None = None


class MatterLine(View, frozen=True, kw_only=True):
    """A matter in a list. `matter` is its channel id, `state` that of protocol.life."""

    matter: str
    kind: MatterKind
    subject: str
    state: str
    creator: str
    parties: list[str]
    opened_at: str
    changed_at: str
    documents: int
    closed: bool = False


class Succession(StrEnum):
    """Which of the two requests names the other."""

    EARLIER = "earlier"
    LATER = "later"


class RelatedMatter(View, frozen=True, kw_only=True):
    """A request that this matter's request names (`earlier`), or that names it (`later`).

    `matter` is None where the reference is not resolved: it gives no digest, or that of no request that both sides had.
    """

    stands: Succession
    relation: str
    words: str
    reference: str
    digest: str | None = None
    matter: str | None = None
    subject: str | None = None
    state: str | None = None


class MatterView(View, frozen=True, kw_only=True):
    """A whole matter. `parties` may take part, the nodes of `members` do; `trouble` says why nothing is sent, if so."""

    matter: str
    kind: MatterKind
    subject: str
    state: str
    creator: str
    parties: list[Party]
    members: list[str]
    relay: str
    opened_at: str
    changed_at: str
    documents: list[DocumentLine]
    amendments: list[AmendmentView]
    request: DocumentView | None = None
    next_steps: tuple[str, ...] = ()
    """Outcomes that this authority could say next, by the table of the life of requests."""
    related: tuple[RelatedMatter, ...] = ()
    trouble: str | None = None
    closed: ClosedView | None = None
    """Whatever its `state` was: nothing more is said there."""
