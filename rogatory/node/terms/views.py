"""Due dates as an officer sees them. JSON-able; times are RFC 3339 UTC."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rogatory.node.inbox.views import View


class Standing(StrEnum):
    """How a due date stands."""

    OPEN = "open"
    RESTING = "resting"
    """The other side is to say something first."""
    OVERDUE = "overdue"
    LAPSED = "lapsed"
    """Data were kept until then; nothing is owed any more."""
    ENDED = "ended"
    """Met, or pointless."""


class LocalTime(View, frozen=True, kw_only=True):
    """The due date at an authority's office, whose directory entry names the zone."""

    authority: str
    at: str
    zone: str


class DueView(View, frozen=True, kw_only=True):
    """What is due. `owed_by`: authorities; `owed_here`: is this one among them; `reference`: its own file number.

    `standing` is by this node's clock, all else by the log's. `reason`: of a suggested deadline. `contacts`: who is to
    be told at those who owe it, 24 hours a day. `reminded`: the last reminder's stage; `remind_at`: when this node
    sends the next one.
    """

    matter: str
    subject: str
    reference: str | None
    due: str
    standing: Standing
    urgency: str
    owed_by: list[str]
    owed_here: bool
    at: str
    local: list[LocalTime]
    reason: str = ""
    contacts: dict[str, str] = msgspec.field(default_factory=dict)
    reminded: str | None = None
    remind_at: str | None = None
    ended_at: str | None = None
