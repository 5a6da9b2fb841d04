"""What happened, in the order in which it happened here: the officer's inbox."""

from __future__ import annotations

from enum import StrEnum

from rogatory.node.inbox.views import View


class EventKind(StrEnum):
    """What an event tells."""

    DOCUMENT_SENT = "document_sent"
    DOCUMENT_RECEIVED = "document_received"
    DOCUMENT_SHARED = "document_shared"
    DOCUMENT_ACCEPTED = "document_accepted"
    """The relay's receipt came."""
    DOCUMENT_DELIVERED = "document_delivered"
    """Every addressee's node has acknowledged it."""
    EVIDENCE = "evidence"
    """What became of a document of this authority beyond the usual way; `code` is what the evidence says."""
    DOCUMENT_VOID = "document_void"
    ATTACHMENT_RECEIVED = "attachment_received"
    """A document's file is here, whole and as it was signed."""
    JOINED = "joined"
    PARTY_ADDED = "party_added"
    PARTY_LEFT = "party_left"
    MATTER_CLOSED = "matter_closed"
    """Its founder closed it: nothing more is said there."""
    KEYS_DESTROYED = "keys_destroyed"
    """This node can open nothing more of a channel: the matter was closed, or this authority left."""
    AMENDMENT_WAITING = "amendment_waiting"
    """This authority's agreement is asked for."""
    AMENDMENT_COMPLETE = "amendment_complete"
    APPROVAL_WAITING = "approval_waiting"
    """An officer prepared something that a second one has to approve."""
    APPROVAL_REFUSED = "approval_refused"
    KEYS_CHANGED = "keys_changed"
    """A correspondent has new keys, or lost its own; `code` says what they rest on."""
    REMINDER = "reminder"
    """Something is due, here or there, says a signed notice; `code` says whether it is to come, due or escalated."""
    COMMIT_VOID = "commit_void"
    REJOIN = "rejoin"
    TROUBLE = "trouble"
    """Something is wrong and a person should know: a fork, a relay that lied, a directory that is too old."""


class Event(View, frozen=True, kw_only=True):
    """One line of the inbox. `id` grows; `at` is this node's clock; `code` names the trouble or rule, if any."""

    id: int
    at: str
    kind: EventKind
    summary: str
    matter: str | None = None
    network: str | None = None
    document: str | None = None
    author: str | None = None
    code: str | None = None
