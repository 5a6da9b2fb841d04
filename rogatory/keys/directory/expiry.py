"""When each role of the directory runs out, and what to say of it weeks ahead. No clock is read here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from rogatory.keys.directory.directory import Directory
from rogatory.protocol.text import counted, message

DAY: Final = 24 * 3600


class Expiry(NamedTuple):
    """A role of the directory and the end of its term in unix seconds."""

    role: str
    expires: int


class _Notice(NamedTuple):
    seconds: int
    """How long before its end a role is spoken of."""
    who: str
    """Who can renew it."""


_NOTICES: Final = {
    "root": _Notice(90 * DAY, message("the trustees must sign it again (`rogatory-keys directory extend`)")),
    "targets": _Notice(60 * DAY, message("the trustees must sign it again (`rogatory-keys directory extend`)")),
    # The publisher renews these by itself, long before: that they come near their end means that it does not.
    "snapshot": _Notice(5 * DAY, message("the publisher is late: tell its operator")),
    "timestamp": _Notice(DAY, message("the publisher is late: tell its operator")),
}
_NETWORK: Final = _Notice(
    60 * DAY, message("the network's coordinators must sign it again (`rogatory-keys directory extend`)")
)


@dataclass(frozen=True, slots=True)
class ExpiryWarning:
    """A role that is near its end, or past it (`expired`). `message` is for people."""

    role: str
    expires: int
    expired: bool
    message: str


def expiries(directory: Directory) -> list[Expiry]:
    """Every role and its end: root, targets, snapshot, timestamp and each network's role; the first to end first."""
    found = [Expiry(role, expires) for role, expires in directory.role_expires.items()]
    return sorted(found, key=lambda expiry: (expiry.expires, expiry.role))


def expiry_warnings(directory: Directory, now: float) -> list[ExpiryWarning]:
    """What to warn of at `now` (unix seconds), the most urgent first; empty if all is well."""
    return warnings_of(expiries(directory), now)


def warnings_of(ends: Iterable[Expiry], now: float) -> list[ExpiryWarning]:
    """As `expiry_warnings`, for these roles."""
    found = []
    for role, expires in ends:
        notice = _NOTICES.get(role, _NETWORK)
        left = expires - now
        if left < notice.seconds:
            when = f"{datetime.fromtimestamp(expires, UTC):%Y-%m-%d %H:%M} UTC"
            found.append(ExpiryWarning(role, expires, left <= 0, _warning(role, left, when, notice.who)))
    return found


def _warning(role: str, left: float, when: str, who: str) -> str:
    span = _span(abs(left))
    if left > 0:
        return message(
            "the directory's {role} runs out in {span}, on {when}: {who}", role=role, span=span, when=when, who=who
        )
    return message(
        "the directory's {role} ran out {span} ago, on {when}: {who}", role=role, span=span, when=when, who=who
    )


def _span(seconds: float) -> str:
    if seconds >= 2 * DAY:
        return counted("{count} day", "{count} days", count=int(seconds // DAY))
    if seconds >= 2 * 3600:
        return counted("{count} hour", "{count} hours", count=int(seconds // 3600))
    return counted("{count} minute", "{count} minutes", count=int(seconds // 60))
