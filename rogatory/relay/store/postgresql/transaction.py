"""One transaction over many operations: what it locks and reads at once, and writes at once at its end.

Every channel that an operation looks at is locked (FOR UPDATE, in the order of channel ids) before anything about it
is read, so that replicas take turns by channel. All statements are over many rows: a batch costs about ten round
trips, however many entries it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Form, Head
from rogatory.relay.log import ChannelState, Membership
from rogatory.relay.store.blob_rules import Kept
from rogatory.relay.store.interface import Advance, Event, Lane, NewEntry, Quotas
from rogatory.relay.store.postgresql.connection import Connection
from rogatory.relay.store.usage import Usage

ROWS_AT_ONCE: Final = 100
BYTES_AT_ONCE: Final = 4 * 1024 * 1024
"""Entries of one statement: the driver builds the whole statement in memory."""

_LOCK_CHANNELS: Final = """
    SELECT number, channel, seq, head, last_commit, access FROM channels
    WHERE channel = ANY($1::bytea[]) ORDER BY channel FOR UPDATE"""
_LAST_TIMES: Final = """
    SELECT channel, time
    FROM unnest($1::bigint[], $2::bigint[]) AS last (channel, seq) JOIN entries USING (channel, seq)
    UNION ALL SELECT 0, (extract(epoch FROM clock_timestamp()) * 1000)::bigint"""
_MEMBERS: Final = """
    SELECT channel, authority, first, until, wrote_first
    FROM unnest($1::bigint[], $2::text[]) AS wanted (channel, authority) JOIN members USING (channel, authority)"""
_BY_HASH: Final = """
    SELECT channel, body_hash, seq, author, head, time
    FROM unnest($1::bigint[], $2::bytea[]) AS wanted (channel, body_hash) JOIN entries USING (channel, body_hash)"""
_LOCK_USAGE: Final = """
    SELECT authority, bytes, channels FROM usage WHERE authority = ANY($1::text[]) ORDER BY authority FOR UPDATE"""
_ADD_ENTRIES: Final = """
    WITH fresh AS MATERIALIZED (
        SELECT nextval('bodies_id_seq') AS id, given.* FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::integer[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bytea[]
        ) AS given (channel, seq, author, form, time, body_hash, head, content)),
    stored AS (
        INSERT INTO bodies (id, time, author, size, content)
        SELECT id, time, author, octet_length(content), content FROM fresh)
    INSERT INTO entries (channel, seq, author, form, time, body_hash, head, body)
    SELECT channel, seq, author, form, time, body_hash, head, id FROM fresh"""
_SET_CHANNELS: Final = """
    UPDATE channels SET seq = given.seq, head = given.head, last_commit = given.last_commit, access = given.access
    FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[])
        AS given (number, seq, head, last_commit, access)
    WHERE channels.number = given.number"""
_SET_WROTE: Final = """
    UPDATE members SET wrote_first = given.seq
    FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS given (channel, authority, seq)
    WHERE members.channel = given.channel AND members.authority = given.authority"""
_SET_USAGE: Final = """
    INSERT INTO usage (authority, bytes, channels) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
    ON CONFLICT (authority) DO UPDATE
    SET bytes = greatest(0, usage.bytes + excluded.bytes), channels = usage.channels + excluded.channels"""


@dataclass(slots=True)
class Needs:
    """What a batch will look at, noted by its operations before they run."""

    channels: set[bytes] = field(default_factory=set)
    members: set[tuple[bytes, str]] = field(default_factory=set)
    bodies: set[tuple[bytes, bytes]] = field(default_factory=set)
    charged: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Stood:
    """An entry that stands: where, whose, and since when."""

    seq: int
    author: str
    head: bytes
    time: int


Row = tuple[int, int, str, int, int, bytes, bytes, bytes]
"""Channel, seq, author, form, time, body's hash, head, body."""


class Transaction:
    """What the operations of one transaction have in common. `now`: Unix milliseconds by the database's clock.

    A time that an entry gets is never below that of the entry before it in its channel, whatever the clock does.
    """

    def __init__(self, connection: Connection, quotas: Quotas) -> None:
        self.connection = connection
        self.quotas = quotas
        self.now = 0
        self.events: list[Event] = []
        self.refused: set[Lane] = set()
        self._advances: dict[bytes, Advance] = {}
        self._channels: dict[bytes, ChannelState | None] = {}
        self._times: dict[int, int] = {}
        self._members: dict[tuple[int, str], Membership | None] = {}
        self._stood: dict[tuple[int, bytes], Stood | None] = {}
        self.kept_blobs: dict[str, Kept] = {}
        self._usage: dict[str, Usage] = {}
        self._wrote: dict[tuple[int, str], int] = {}
        self._noted: set[tuple[bytes, str]] = set()
        self._rows: list[Row] = []

    async def load(self, needs: Needs) -> None:
        """Lock and read what the operations noted. The order of the locks is the same in every replica."""
        await self._lock_channels(needs.channels)
        await self._load_members(needs.members)
        await self._load_bodies(needs.bodies)
        if needs.charged:
            rows = await self.connection.fetch(_LOCK_USAGE, sorted(needs.charged))
            self._usage = {authority: Usage(self.quotas) for authority in needs.charged}
            self._usage |= {authority: Usage(self.quotas, used, founded) for authority, used, founded in rows}

    # Reading, through what this transaction has not written yet

    def channel(self, channel: bytes) -> ChannelState | None:
        """The state of a channel that was noted, or None if there is no such channel."""
        return self._channels[channel]

    def member(self, number: int, authority: str) -> Membership | None:
        """A noted authority's part in a channel, past or present."""
        return self._members[number, authority]

    def find(self, number: int, body_hash: bytes) -> Stood | None:
        """The entry with this noted body, if this transaction or an earlier one added it."""
        return self._stood.get((number, body_hash))

    def time(self, number: int) -> int:
        """When the next entry of a channel stands."""
        return max(self.now, self._times.get(number, 0))

    # Writing

    def add_channel(self, channel: bytes, state: ChannelState) -> None:
        """A channel was founded by a row that stands already. Who was noted for it has no part in it yet."""
        self._channels[channel] = state
        self._members |= {(state.number, authority): None for founded, authority in self._noted if founded == channel}

    def access_changed(self, channel: bytes, number: int, changed: Iterable[tuple[str, int, int | None]]) -> None:
        """Members (authority, first, until) were added or removed by rows that stand already."""
        for authority, first, until in changed:
            if (number, authority) not in self._members:  # nobody looks at it in this transaction
                continue
            known = self._members[number, authority]
            if known is None:
                self._members[number, authority] = Membership(first, until)
            else:
                known.first, known.until = first, until
        self._advance(channel).access_changed = True

    def add_entry(self, entry: NewEntry, state: ChannelState, head: Head, body_hash: bytes) -> Stood:
        """The entry that makes `head` the head of its channel's log."""
        time = self._times[state.number] = self.time(state.number)
        form = int(entry.form)
        self._rows.append((state.number, head.seq, entry.author, form, time, body_hash, head.hash, entry.body))
        stood = self._stood[state.number, body_hash] = Stood(head.seq, entry.author, head.hash, time)
        member = self.member(state.number, entry.author)
        if member is not None and member.wrote_first is None:
            member.wrote_first = self._wrote[state.number, entry.author] = head.seq
        advance = self._advance(entry.channel)
        state.head = advance.head = head
        if advance.entries is not None:
            advance.entries.append(Entry(head.seq, entry.author, Form(form), time, entry.body, body_hash))
        return stood

    def charge(self, authority: str, size: int, founded: int = 0) -> None:
        """Count against the quotas of an authority that was noted; raises Refusal where one is full."""
        self._usage[authority].charge(size, founded)

    async def discharge(self, freed: Counter[str]) -> None:
        """What was deleted counts no longer."""
        await self._add_usage([(authority, -size, 0) for authority, size in sorted(freed.items())])

    async def flush(self) -> None:
        """Write what waits: once before operations that read it, and at the end."""
        for rows in _portions(self._rows):
            await self.connection.execute(_ADD_ENTRIES, *columns(rows))
        self._rows = []
        if self._advances:
            states = [self._channels[channel] for channel in self._advances]
            rows_ = [(s.number, s.head.seq, s.head.hash, s.last_commit, s.access) for s in states if s is not None]
            await self.connection.execute(_SET_CHANNELS, *columns(rows_))
            self.events.extend(self._advances.values())
            self._advances = {}
        if self._wrote:
            wrote = [(number, authority, seq) for (number, authority), seq in self._wrote.items()]
            await self.connection.execute(_SET_WROTE, *columns(wrote))
            self._wrote = {}
        await self._add_usage([(authority, *used.taken()) for authority, used in sorted(self._usage.items())])

    async def _add_usage(self, changes: list[tuple[str, int, int]]) -> None:
        changes = [change for change in changes if change[1] or change[2]]
        if changes:
            await self.connection.execute(_SET_USAGE, *columns(changes))

    async def _lock_channels(self, channels: set[bytes]) -> None:
        self._channels = dict.fromkeys(channels)
        if channels:
            for number, channel, seq, head, last_commit, access in await self.connection.fetch(
                _LOCK_CHANNELS, sorted(channels)
            ):
                self._channels[channel] = ChannelState(number, Head(seq, head), last_commit, access)
        # Only now: a statement sees what was committed before it began, and it began before the locks were free.
        states = [state for state in self._channels.values() if state is not None]
        rows = await self.connection.fetch(
            _LAST_TIMES, [state.number for state in states], [state.head.seq for state in states]
        )
        self._times = dict(tuple(row) for row in rows)
        self.now = self._times.pop(0)

    async def _load_members(self, members: set[tuple[bytes, str]]) -> None:
        self._noted = members
        wanted = [(state.number, who) for channel, who in members if (state := self._channels[channel]) is not None]
        self._members = dict.fromkeys(wanted)
        if wanted:
            for number, authority, *rest in await self.connection.fetch(_MEMBERS, *columns(wanted)):
                self._members[number, authority] = Membership(*rest)

    async def _load_bodies(self, bodies: set[tuple[bytes, bytes]]) -> None:
        wanted = [
            (state.number, digest) for channel, digest in bodies if (state := self._channels[channel]) is not None
        ]
        if wanted:
            for number, digest, *rest in await self.connection.fetch(_BY_HASH, *columns(wanted)):
                self._stood[number, digest] = Stood(*rest)

    def _advance(self, channel: bytes) -> Advance:
        advance = self._advances.get(channel)
        if advance is None:
            state = self.channel(channel)
            assert state is not None
            advance = self._advances[channel] = Advance(channel, state.head.seq, state.head)
        return advance


def columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows' columns, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def _portions(rows: list[Row]) -> Iterator[list[Row]]:
    portion: list[Row] = []
    size = 0
    for row in rows:
        if portion and (len(portion) == ROWS_AT_ONCE or size + len(row[-1]) > BYTES_AT_ONCE):
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += len(row[-1])
    if portion:
        yield portion
