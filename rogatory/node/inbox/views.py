"""Documents as an officer sees them, with their evidences. JSON-able; times are RFC 3339 UTC, ids and hashes hex."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what commands and queries answer with."""


class Direction(StrEnum):
    """Whether this authority wrote the document."""

    SENT = "sent"
    RECEIVED = "received"


class Stage(StrEnum):
    """How far a document has come, as evidences prove it."""

    QUEUED = "queued"
    """Kept here until the relay takes it."""
    ACCEPTED = "accepted"
    """The relay's receipt is held."""
    DELIVERED = "delivered"
    """Every addressee's node acknowledged it."""
    RECEIVED = "received"
    """It came from another authority."""
    SHARED = "shared"
    """It came after the fact: shared again, or by an officer."""
    VOID = "void"
    """The rules forbid it: shown, and without effect."""


class RelayReceipt(View, frozen=True, kw_only=True):
    """The relay took the document: `head` is the log's head after entry `seq`, `time` the relay's clock.

    `signature` is the relay's, over the root that the receipt's Merkle path leads to.
    """

    relay: str
    seq: int
    head: str
    time: str
    signature: str


class Delivery(View, frozen=True, kw_only=True):
    """What is proven of one addressee: `acknowledged_at` is absent while its node has not acknowledged."""

    authority: str
    acknowledged_at: str | None = None
    excepted: bool = False
    """Its node has read that far and could not open this document."""


class EvidenceView(View, frozen=True, kw_only=True):
    """What is known of one stage of a document's way to one addressee; of the submission, the relay takes its place.

    `stage` and `finding` as in PROTOCOL.md, section 27; `at`: by the clock of `by`, who says so; `says`: in a sentence.
    """

    stage: str
    authority: str
    finding: str
    at: str
    by: str
    says: str


class Thread(View, frozen=True, kw_only=True):
    """A line of talk within a matter."""

    id: str
    subject: str


class DocumentLine(View, frozen=True, kw_only=True):
    """A document in a list."""

    id: str
    matter: str
    kind: str
    author: str
    direction: Direction
    stage: Stage
    title: str
    written_at: str
    logged_at: str | None = None
    seq: int | None = None
    thread: Thread | None = None
    in_reply_to: str | None = None


class DocumentView(View, frozen=True, kw_only=True):
    """A whole document: what it says, by whom it is signed, and what is proven about its way.

    `void` says why it has no effect, if it has none.
    """

    id: str
    matter: str
    kind: str
    author: str
    key_set: int
    addressees: list[str]
    direction: Direction
    stage: Stage
    title: str
    written_at: str
    digest: str
    body: dict[str, Any]
    limits: tuple[str, ...] = ()
    """How it may be used: shown wherever the content is."""
    seq: int | None = None
    logged_at: str | None = None
    thread: Thread | None = None
    in_reply_to: str | None = None
    void: str | None = None
    receipt: RelayReceipt | None = None
    deliveries: list[Delivery] = []
    evidences: list[EvidenceView] = []
    """The current one of each stage and addressee."""
    superseded: list[EvidenceView] = []
    """Those that were current before, by time."""
