"""One database transaction over many operations: what they share, and what is written once at its end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Head
from rogatory.relay.log import ChannelState, Membership
from rogatory.relay.store.blob_rules import Kept
from rogatory.relay.store.interface import Advance, Event, Lane, NewEntry, Quotas
from rogatory.relay.store.schema import about, bodies, channels, entries, members, usage
from rogatory.relay.store.sqlite.statements import Rows, key, looked_up, parameter, sql
from rogatory.relay.store.usage import Usage

HASHES_AT_ONCE: Final = (256, 32)
_CHANNEL = sql(
    select(channels.c.number, channels.c.seq, channels.c.head, channels.c.last_commit, channels.c.access).where(
        key(channels, "channel")
    )
)
_MEMBER = sql(
    select(members.c.first, members.c.until, members.c.wrote_first).where(key(members, "channel", "authority"))
)
_BY_HASH = sql(
    select(entries.c.seq, entries.c.author, entries.c.head, entries.c.time).where(key(entries, "channel", "body_hash"))
)
_BY_HASHES = [
    (count, looked_up(entries, ("channel", "body_hash"), ("seq", "author", "head", "time"), count))
    for count in HASHES_AT_ONCE
]
_USAGE = sql(select(usage.c.bytes, usage.c.channels).where(key(usage, "authority")))
_SET_CHANNEL = sql(
    channels.update()
    .values(
        seq=parameter("seq"), head=parameter("head"), last_commit=parameter("last_commit"), access=parameter("access")
    )
    .where(key(channels, "number"))
)
_SET_WROTE = sql(
    members.update().values(wrote_first=parameter("wrote_first")).where(key(members, "channel", "authority"))
)
_SET_USAGE = sql(
    insert(usage)
    .values(authority=parameter("authority"), bytes=parameter("bytes"), channels=parameter("channels"))
    .on_conflict_do_update(
        index_elements=["authority"], set_={"bytes": parameter("bytes"), "channels": parameter("channels")}
    )
)
_ADD_ENTRIES = Rows(entries, ("channel", "seq", "author", "form", "time", "body_hash", "head", "body"))
_ADD_BODIES = Rows(bodies, ("id", "time", "author", "size", "content"))
_SET_PROBED = sql(
    insert(about)
    .values(name=parameter("name"), value=parameter("value"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": parameter("value")})
)


_PROBE: Final = 64 * 1024

Found = tuple[int, str, bytes, int]
"""Seq, author, head and time of an entry."""


class Transaction:
    """What the operations of one transaction have in common. `now`: Unix milliseconds.

    `presumes_new`: `find` does not look into the database. If a body stood there after all, `flush` raises
    sqlite3.IntegrityError: run it all again in a transaction that looks.
    """

    def __init__(
        self, connection: sqlite3.Connection, now: int, quotas: Quotas, next_body: int, *, presumes_new: bool = False
    ) -> None:
        self.connection = connection
        self.now = now
        self.quotas = quotas
        self.next_body = next_body
        self.presumes_new = presumes_new
        self.events: list[Event] = []
        self.refused: list[Lane] = []
        self._advances: dict[bytes, Advance] = {}
        self._channels: dict[bytes, ChannelState | None] = {}
        self._members: dict[tuple[int, str], Membership | None] = {}
        self.kept_blobs: dict[str, Kept] = {}
        self._usage: dict[str, Usage] = {}
        self._wrote: dict[tuple[int, str], int] = {}
        self._by_hash: dict[tuple[int, bytes], Found | None] = {}
        self._entry_rows: list[object] = []
        self._body_rows: list[object] = []

    # Reading, through what this transaction has not written yet

    def channel(self, channel: bytes) -> ChannelState | None:
        """The channel's state, or None if there is no such channel."""
        try:
            return self._channels[channel]
        except KeyError:
            row = self.connection.execute(_CHANNEL, {"channel_": channel}).fetchone()
            state = None if row is None else ChannelState(row[0], Head(row[1], row[2]), *row[3:])
            self._channels[channel] = state
            return state

    def member(self, number: int, authority: str) -> Membership | None:
        """The authority's part in a channel, past or present."""
        try:
            return self._members[number, authority]
        except KeyError:
            row = self.connection.execute(_MEMBER, {"channel_": number, "authority_": authority}).fetchone()
            member = self._members[number, authority] = None if row is None else Membership(*row)
            return member

    def find(self, number: int, body_hash: bytes) -> Found | None:
        """The entry with this body, if this transaction or an earlier one added it (see `presumes_new`)."""
        found = self._by_hash.get((number, body_hash))
        return self._look(number, body_hash) if found is None and not self.presumes_new else found

    def learns_of(self, channel: bytes, body_hash: bytes) -> bool:
        """Whether an entry with this body stands, which `find` presumed to be new so far."""
        state = self.channel(channel)
        if not self.presumes_new or state is None or (state.number, body_hash) in self._by_hash:
            return False
        return self._look(state.number, body_hash) is not None

    def _look(self, number: int, body_hash: bytes) -> Found | None:
        place = (number, body_hash)
        if place not in self._by_hash:
            found = self.connection.execute(_BY_HASH, {"channel_": number, "body_hash_": body_hash}).fetchone()
            self._by_hash[place] = None if found is None else tuple(found)
        return self._by_hash[place]

    def look_for(self, places: Sequence[tuple[bytes, bytes]]) -> None:
        """Look for the entries of these channels and body hashes in few steps: `find` knows of them then."""
        numbered = [(state.number, hash_) for channel, hash_ in places if (state := self.channel(channel)) is not None]
        start, by_hash = 0, self._by_hash
        for count, statement in _BY_HASHES:
            while start + count <= len(numbered):
                some = numbered[start : start + count]
                start += count
                by_hash.update(dict.fromkeys(some))
                for number, hash_, *found in self.connection.execute(statement, [each for one in some for each in one]):
                    by_hash[number, hash_] = (found[0], found[1], found[2], found[3])

    # Writing

    def add_channel(self, channel: bytes, state: ChannelState) -> None:
        """A channel was founded by a row that stands already."""
        self._channels[channel] = state

    def access_changed(self, channel: bytes, number: int, changed: Iterable[tuple[str, int, int | None]]) -> None:
        """Members (authority, first, until) were added or removed by rows that stand already."""
        for authority, first, until in changed:
            known = self._members.get((number, authority))
            if known is not None:
                known.first, known.until = first, until
            else:
                self._members.pop((number, authority), None)
        self._advance(channel).access_changed = True

    def add_entry(self, entry: NewEntry, state: ChannelState, head: Head, body_hash: bytes) -> None:
        """The entry that makes `head` the head of its channel's log."""
        author, body, number, now = entry.author, entry.body, self.next_body, self.now
        self.next_body += 1
        advance = self._advances.get(entry.channel) or self._advance(entry.channel)
        self._body_rows += (number, now, author, len(body), body)
        self._entry_rows += (state.number, head.seq, author, entry.form, now, body_hash, head.hash, number)
        self._by_hash[state.number, body_hash] = (head.seq, author, head.hash, now)
        state.head = advance.head = head
        if advance.entries is not None:
            advance.entries.append(Entry(head.seq, author, entry.form, now, body, body_hash))

    def wrote(self, number: int, author: str, seq: int) -> None:
        """The first entry of this author in the channel with this number is `seq`."""
        member = self.member(number, author)
        if member is not None:
            member.wrote_first = self._wrote[number, author] = seq

    def charge(self, authority: str, size: int, founded: int = 0) -> None:
        """Count against the authority's quotas; raises Refusal where one is full."""
        self._used(authority).charge(size, founded)

    def discharge(self, authority: str, size: int) -> None:
        """What retention deleted counts no longer."""
        self._used(authority).discharge(size)

    def probe(self) -> None:
        """Write as much as a few entries: the last page of a full disk is not enough to serve."""
        self.connection.execute(_SET_PROBED, {"name": "probed", "value": str(self.now).ljust(_PROBE)})

    def flush(self) -> None:
        """Write what waits: once before operations that read it, and at the end."""
        execute = self.connection.executemany
        if self._body_rows:
            _ADD_BODIES.insert(self.connection, self._body_rows)
            _ADD_ENTRIES.insert(self.connection, self._entry_rows)
            self._body_rows, self._entry_rows = [], []
        if self._advances:
            states = ((self._channels[channel]) for channel in self._advances)
            execute(
                _SET_CHANNEL,
                [
                    {
                        "number_": state.number,
                        "seq": state.head.seq,
                        "head": state.head.hash,
                        "last_commit": state.last_commit,
                        "access": state.access,
                    }
                    for state in states
                    if state is not None
                ],
            )
            self.events.extend(self._advances.values())
            self._advances = {}
        if self._wrote:
            execute(
                _SET_WROTE,
                [
                    {"channel_": number, "authority_": authority, "wrote_first": seq}
                    for (number, authority), seq in self._wrote.items()
                ],
            )
            self._wrote = {}
        if self._usage:
            execute(
                _SET_USAGE,
                [
                    {"authority": authority, "bytes": used.stored, "channels": used.founded}
                    for authority, used in self._usage.items()
                ],
            )
            self._usage = {}

    def _advance(self, channel: bytes) -> Advance:
        advance = self._advances.get(channel)
        if advance is None:
            state = self.channel(channel)
            assert state is not None
            advance = self._advances[channel] = Advance(channel, state.head.seq, state.head)
        return advance

    def _used(self, authority: str) -> Usage:
        used = self._usage.get(authority)
        if used is None:
            row = self.connection.execute(_USAGE, {"authority_": authority}).fetchone() or (0, 0)
            used = self._usage[authority] = Usage(self.quotas, *row)
        return used
