"""Networks as an officer sees them. JSON-able."""

from __future__ import annotations

from rogatory.node.inbox.views import DocumentView, View


class NetworkLine(View, frozen=True, kw_only=True):
    """A network in a list. `role`: coordinator, member, observer or none; `joined`: its channel is open here."""

    network: str
    names: dict[str, str]
    role: str
    joined: bool
    members: int


class NetworkView(View, frozen=True, kw_only=True):
    """A network: its seats as of the directory, and `present`, those whose nodes are in the channel already."""

    network: str
    names: dict[str, str]
    languages: list[str]
    channel: str
    relay: str
    role: str
    joined: bool
    may_announce: bool
    announcers: str
    members: list[str]
    coordinators: list[str]
    observers: list[str]
    present: list[str]
    trouble: str | None = None


class Feed(View, frozen=True, kw_only=True):
    """Announcements, oldest first. `last` is the seq to ask on from."""

    network: str
    announcements: list[DocumentView]
    last: int


class Announced(View, frozen=True, kw_only=True):
    """An announcement was signed and stands in the outbox."""

    network: str
    document: str
