"""Acknowledgements within a transaction: only forward, and only those that say what the log says."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.relay.log import ChannelState
from rogatory.relay.store.interface import Acknowledged
from rogatory.relay.store.postgresql import access
from rogatory.relay.store.postgresql.transaction import Needs, Transaction, columns

_HEADS: Final = """
    SELECT channel, seq, head FROM unnest($1::bigint[], $2::bigint[]) AS wanted (channel, seq)
    JOIN entries USING (channel, seq)"""
_HELD: Final = """
    SELECT channel, member, seq FROM unnest($1::bigint[], $2::text[]) AS wanted (channel, member)
    JOIN acknowledgements USING (channel, member)"""
_SET: Final = """
    INSERT INTO acknowledgements (channel, member, seq, content)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bytea[])
    ON CONFLICT (channel, member) DO UPDATE SET seq = excluded.seq, content = excluded.content"""
_AUTHORS: Final = """
    SELECT DISTINCT wanted.channel, wanted.member, entries.author
    FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) AS wanted (channel, member, after, until)
    JOIN entries ON entries.channel = wanted.channel AND entries.seq > wanted.after AND entries.seq <= wanted.until"""

Place = tuple[int, str]


class Acknowledge:
    """The operation over acknowledgements whose signatures were verified; those whose head is not the log's."""

    __slots__ = ("_verified",)

    def __init__(self, verified: Sequence[Acknowledgement]) -> None:
        self._verified = verified

    def note(self, needs: Needs) -> None:
        """See Operation."""
        for acknowledgement in self._verified:
            needs.channels.add(acknowledgement.channel)
            needs.members.add((acknowledgement.channel, acknowledgement.member))

    async def run(self, transaction: Transaction) -> list[Acknowledgement]:
        """See Operation."""
        await transaction.flush()
        known = [(a, state) for a in self._verified if (state := transaction.channel(a.channel)) is not None]
        if not known:
            return []
        connection = transaction.connection
        places = [(state.number, a.seq) for a, state in known]
        heads = {(number, seq): head for number, seq, head in await connection.fetch(_HEADS, *columns(places))}
        members = [(state.number, a.member) for a, state in known]
        held = {(number, who): seq for number, who, seq in await connection.fetch(_HELD, *columns(members))}
        removals = await access.removals_of(transaction, [number for number, _ in places])
        contradicting: list[Acknowledgement] = []
        counted: dict[Place, tuple[int, Acknowledgement]] = {}
        for acknowledgement, state in known:
            place = (state.number, acknowledgement.member)
            if not _may_count(transaction, state, acknowledgement):
                continue
            head = heads.get((state.number, acknowledgement.seq))
            if head is None or not hmac.compare_digest(head, acknowledgement.head):
                contradicting.append(acknowledgement)
                continue
            before = held.get(place, 0)
            if acknowledgement.seq > before:
                await access.count(transaction, state, removals.get(state.number, []), before, acknowledgement)
                counted[place] = (counted[place][0] if place in counted else before, acknowledgement)
                held[place] = acknowledgement.seq
        if counted:
            await _store(transaction, counted)
        return contradicting


def _may_count(transaction: Transaction, state: ChannelState, acknowledgement: Acknowledgement) -> bool:
    member = transaction.member(state.number, acknowledgement.member)
    return member is not None and (member.until is None or acknowledgement.seq <= member.until)


async def _store(transaction: Transaction, counted: dict[Place, tuple[int, Acknowledgement]]) -> None:
    """Write each member's last one, and tell who wrote what it newly covers. Only now: what it covers stands."""
    connection = transaction.connection
    encoded = {place: msgspec.msgpack.encode(acknowledgement) for place, (_, acknowledgement) in counted.items()}
    rows = [(*place, one.seq, encoded[place]) for place, (_, one) in sorted(counted.items())]
    await connection.execute(_SET, *columns(rows))
    await connection.execute(access.COVERAGE_DUE, [number for number, _ in counted])
    ranges = [(*place, before, one.seq) for place, (before, one) in counted.items()]
    authors: dict[Place, set[str]] = {place: set() for place in counted}
    for number, member, author in await connection.fetch(_AUTHORS, *columns(ranges)):
        if author != member:
            authors[number, member].add(author)
    events: dict[bytes, Acknowledged] = {}
    for place, (_, acknowledgement) in counted.items():
        channel = acknowledgement.channel
        event = events.setdefault(channel, Acknowledged(channel, [], set()))
        event.acknowledgements.append(encoded[place])
        event.authors.update(authors[place])
    transaction.events.extend(events.values())
