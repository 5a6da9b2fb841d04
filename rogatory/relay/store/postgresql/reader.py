"""Questions to the database, each on a connection of the pool: they neither wait for the writer nor hold it up."""

from __future__ import annotations

from typing import Final

from rogatory.protocol.frames.server import Code, Entry, HeaderLine
from rogatory.protocol.header import Form, Head
from rogatory.protocol.limits import (
    ENTRY_COST,
    KIB,
    MAX_CHANNELS_PER_FRAME,
    MAX_ENTRIES_PER_FRAME,
    MAX_HEADERS_PER_FRAME,
)
from rogatory.protocol.text import message
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import ACKNOWLEDGEMENTS_TO_ALL, Advance, ChannelView, Page
from rogatory.relay.store.postgresql.connection import Connection

_ACKNOWLEDGEMENTS_ROOM: Final = 512 * KIB
_ADVANCE_ROOM: Final = 1024 * KIB

_VIEW: Final = """
    SELECT channels.number, channels.seq, channels.head, channels.last_commit, channels.access,
        members.first, members.until, members.access, members.last_commit, members.wrote_first
    FROM channels LEFT JOIN members ON members.channel = channels.number AND members.authority = $2
    WHERE channels.channel = $1"""
_HEAD: Final = "SELECT head FROM entries WHERE channel = $1 AND seq = $2"
# Sizes are added up in the database, which sends no body that does not fit.
_ENTRIES: Final = """
    SELECT page.seq, page.author, page.form, page.time, CASE WHEN page.readable THEN bodies.content END,
        page.body_hash, page.head
    FROM (
        SELECT entries.*, shown.readable,
            sum($6 + CASE WHEN shown.readable THEN coalesce(sized.size, 0) ELSE 0 END) OVER by_seq AS cost,
            row_number() OVER by_seq AS place
        FROM (SELECT * FROM entries WHERE channel = $1 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $7) AS entries
            CROSS JOIN LATERAL (SELECT entries.author <> $2 AND entries.seq >= $5 AS readable) AS shown
            LEFT JOIN bodies AS sized ON sized.id = entries.body
        WINDOW by_seq AS (ORDER BY entries.seq)
    ) AS page LEFT JOIN bodies ON bodies.id = page.body
    WHERE page.cost <= $8 OR page.place = 1 ORDER BY page.seq"""
# What a channel's log went on by, if it is all there and no more than a frame holds.
_ADVANCE: Final = """
    SELECT entries.seq, entries.author, entries.form, entries.time, bodies.content, entries.body_hash
    FROM channels JOIN entries ON entries.channel = channels.number JOIN bodies ON bodies.id = entries.body
    WHERE channels.channel = $1 AND entries.seq > $2 AND entries.seq <= $3 AND $4 >= (
        SELECT sum(sized.size) FROM entries AS counted JOIN bodies AS sized ON sized.id = counted.body
        WHERE counted.channel = channels.number AND counted.seq > $2 AND counted.seq <= $3)
    ORDER BY entries.seq"""
_HEADERS: Final = """
    SELECT author, form, body_hash FROM entries WHERE channel = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4"""
_MEMBERSHIPS: Final = """
    SELECT channels.channel FROM members JOIN channels ON channels.number = members.channel
    WHERE members.authority = $1 AND members.until IS NULL AND channels.channel > $2 AND NOT EXISTS (
        SELECT FROM joiners JOIN invitations ON invitations.id = joiners.invitation
        WHERE invitations.channel = members.channel AND joiners.authority = members.authority)
    ORDER BY channels.channel LIMIT $3"""
_MANY: Final = "SELECT count(*) FROM (SELECT FROM acknowledgements WHERE channel = $1 LIMIT $2) AS few"
_ACKNOWLEDGEMENTS: Final = """
    SELECT member, content FROM (
        SELECT member, content, sum(octet_length(content)) OVER (ORDER BY member) - octet_length(content) AS before
        FROM acknowledgements
        WHERE channel = $1 AND member > $2 AND member <> $3 AND seq >= $4 AND seq <= $5) AS page
    WHERE before <= $6 ORDER BY member"""


async def view(connection: Connection, channel: bytes, authority: str) -> ChannelView:
    """The channel as `authority` may see it; raises Refusal for a stranger to it."""
    number, seen, _ = await _view(connection, channel, authority)
    if seen.until is not None and seen.until < seen.head.seq:
        head = await connection.fetchval(_HEAD, number, seen.until)
        return ChannelView(Head(seen.until, head), seen.last_commit, seen.access, seen.first, seen.until)
    return seen


async def entries(connection: Connection, channel: bytes, authority: str, after: int, room: int) -> Page:
    """Entries after `after` that cost at most `room`, or one that costs more; without own and expired bodies."""
    number, seen, _ = await _view(connection, channel, authority)
    rows = await connection.fetch(
        _ENTRIES, number, authority, after, _end(seen), seen.first, ENTRY_COST, MAX_ENTRIES_PER_FRAME, room
    )
    page = [
        Entry(seq, author, Form(form), time, body, None if body is not None else body_hash)
        for seq, author, form, time, body, body_hash, _ in rows
    ]
    return Page(page, rows[-1][-1] if rows else b"")


async def advance(connection: Connection, event: Advance) -> list[Entry] | None:
    """The entries of an advance that another process committed, in full; None if each reader had better page."""
    count = event.head.seq - event.before
    if not 0 < count <= MAX_ENTRIES_PER_FRAME:
        return None
    rows = await connection.fetch(_ADVANCE, event.channel, event.before, event.head.seq, _ADVANCE_ROOM)
    entries = [Entry(seq, author, Form(form), *rest) for seq, author, form, *rest in rows]
    return entries if len(entries) == count else None


async def headers(connection: Connection, channel: bytes, authority: str, after: int, until: int) -> list[HeaderLine]:
    """Headers after `after` up to `until`; those that stood before a member joined are for it to read, too."""
    number, seen, _ = await _view(connection, channel, authority)
    rows = await connection.fetch(_HEADERS, number, after, min(until, _end(seen)), MAX_HEADERS_PER_FRAME)
    return [HeaderLine(author, Form(form), body_hash) for author, form, body_hash in rows]


async def memberships(connection: Connection, authority: str, after: bytes) -> list[bytes]:
    """See Store."""
    return [channel for (channel,) in await connection.fetch(_MEMBERSHIPS, authority, after, MAX_CHANNELS_PER_FRAME)]


async def acknowledgements(
    connection: Connection, channel: bytes, authority: str, after: str
) -> list[tuple[str, bytes]]:
    """See Store."""
    number, seen, wrote_first = await _view(connection, channel, authority)
    if await connection.fetchval(_MANY, number, ACKNOWLEDGEMENTS_TO_ALL + 1) <= ACKNOWLEDGEMENTS_TO_ALL:
        wrote_first = 0
    if wrote_first is None:
        return []
    rows = await connection.fetch(
        _ACKNOWLEDGEMENTS, number, after, authority, wrote_first, _end(seen), _ACKNOWLEDGEMENTS_ROOM
    )
    return [(member, content) for member, content in rows]


def _end(seen: ChannelView) -> int:
    return seen.head.seq if seen.until is None else seen.until


async def _view(connection: Connection, channel: bytes, authority: str) -> tuple[int, ChannelView, int | None]:
    row = await connection.fetchrow(_VIEW, channel, authority)
    if row is None:
        raise Refusal(Code.UNKNOWN_CHANNEL, message("this relay holds no such channel: it may have another home relay"))
    number, seq, head, last_commit, access, first, until, left_access, left_commit, wrote_first = row
    if first is None:
        raise Refusal(Code.NOT_A_MEMBER, message("this authority was never on the channel's access list"))
    if until is not None:
        access, last_commit = left_access, left_commit
    return number, ChannelView(Head(seq, head), last_commit, access, first, until), wrote_first
