"""What a relay keeps: of which authority, in which channel, how much, and what retention would delete now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from rogatory.relay.config import RetentionSettings
from rogatory.relay.retention import DAY
from rogatory.relay.store.inspection import AUTHORITIES, BYTES, CHANNELS, ROWS, Inspection, covered, stored


class AuthorityLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept for an authority: counts, and `stored_bytes` against its quota."""

    authority: str
    channels: int = 0
    founded: int = 0
    bodies: int = 0
    stored_bytes: int = 0
    key_packages: int = 0
    last_resort: bool = False
    invitations: int = 0


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """A channel. `created`: Unix milliseconds; `cleared`: entry up to which retention deleted bodies."""

    channel: str
    founder: str
    created: int
    entries: int
    cleared: int
    members: int
    bodies: int
    bytes: int


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """`rows` by table; bytes of bodies and invitations as counted against quotas, and of the database's files."""

    rows: dict[str, int]
    bytes: dict[str, int]
    bytes_on_disk: int


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Bodies and their bytes that retention would delete now; some may be due by both reasons."""

    acknowledged_bodies: int
    acknowledged_bytes: int
    old_bodies: int
    old_bytes: int


def authorities(inspection: Inspection) -> list[AuthorityLine]:
    """All that are known here, by id."""
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for what, statement in AUTHORITIES:
        for authority, number in inspection.rows(statement):
            found[authority][what] = number
    return [
        AuthorityLine(authority=authority, last_resort=bool(numbers.pop("last_resort", 0)), **numbers)
        for authority, numbers in sorted(found.items())
    ]


def channels(inspection: Inspection) -> Iterator[ChannelLine]:
    """All, oldest first."""
    for channel, founder, created, seq, cleared, members, bodies, size in inspection.rows(CHANNELS):
        yield ChannelLine(
            channel=channel.hex(),
            founder=founder,
            created=created,
            entries=seq,
            cleared=cleared,
            members=members,
            bodies=bodies,
            bytes=int(size),
        )


def sizes(inspection: Inspection) -> Sizes:
    """How large everything is."""
    return Sizes(
        rows={name: int(count) for name, count in inspection.rows(ROWS)},
        bytes={name: int(size) for name, size in inspection.rows(BYTES)},
        bytes_on_disk=inspection.bytes_on_disk(),
    )


def due(inspection: Inspection, settings: RetentionSettings, now: int) -> Due:
    """What would go at `now` (Unix milliseconds)."""
    ((acknowledged_bodies, acknowledged_bytes),) = inspection.rows(covered(now - int(settings.grace_days * DAY)))
    ((old_bodies, old_bytes),) = inspection.rows(stored(now - int(settings.max_age_days * DAY)))
    return Due(
        acknowledged_bodies=acknowledged_bodies,
        acknowledged_bytes=int(acknowledged_bytes),
        old_bodies=old_bodies,
        old_bytes=int(old_bytes),
    )
