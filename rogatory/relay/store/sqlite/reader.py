"""Questions to the database, on connections of their own: they neither wait for the writer nor hold it up."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy import ColumnElement, case, null, select

from rogatory.protocol.frames.server import Code, Entry, HeaderLine, Invited
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
from rogatory.relay.store.interface import ACKNOWLEDGEMENTS_TO_ALL, ChannelView, Page, Stock
from rogatory.relay.store.schema import (
    acknowledgements,
    bodies,
    channels,
    entries,
    invitations,
    joiners,
    members,
)
from rogatory.relay.store.sqlite.key_packages import LAST_RESORT, LEFT, stock_of
from rogatory.relay.store.sqlite.statements import FROM_START, key, parameter, sql

_ACKNOWLEDGEMENTS_ROOM: Final = 512 * KIB
_FORMS: Final = {int(form): form for form in Form}

_CHANNEL = sql(
    select(channels.c.number, channels.c.seq, channels.c.head, channels.c.last_commit, channels.c.access).where(
        key(channels, "channel")
    )
)
_MEMBER = sql(
    select(members.c.first, members.c.until, members.c.access, members.c.last_commit, members.c.wrote_first).where(
        key(members, "channel", "authority")
    )
)
_HEAD = sql(select(entries.c.head).where(key(entries, "channel", "seq")))
_in_range = key(entries, "channel") & (entries.c.seq > parameter("after")) & (entries.c.seq <= parameter("until"))
_readable: ColumnElement[bool] = (entries.c.author != parameter("reader")) & (entries.c.seq >= parameter("first"))
_ENTRIES = sql(
    select(
        entries.c.seq,
        entries.c.author,
        entries.c.form,
        entries.c.time,
        case((_readable, bodies.c.content), else_=null()),
        entries.c.body_hash,
        entries.c.head,
    )
    .select_from(entries.outerjoin(bodies, bodies.c.id == entries.c.body))
    .where(_in_range)
    .order_by(entries.c.seq)
    .limit(parameter("limit"))
    .offset(FROM_START)
)
_HEADERS = sql(
    select(entries.c.author, entries.c.form, entries.c.body_hash)
    .where(_in_range)
    .order_by(entries.c.seq)
    .limit(parameter("limit"))
    .offset(FROM_START)
)
_waiting = (
    select(invitations.c.id)
    .select_from(invitations.join(joiners))
    .where((invitations.c.channel == members.c.channel) & (joiners.c.authority == members.c.authority))
    .exists()
)
_MEMBERSHIPS = sql(
    select(channels.c.channel)
    .select_from(members.join(channels, channels.c.number == members.c.channel))
    .where(
        key(members, "authority") & members.c.until.is_(None) & (channels.c.channel > parameter("after")) & ~_waiting
    )
    .order_by(channels.c.channel)
    .limit(parameter("limit"))
    .offset(FROM_START)
)
_ACKNOWLEDGEMENTS = sql(
    select(acknowledgements.c.member, acknowledgements.c.content)
    .where(
        key(acknowledgements, "channel")
        & (acknowledgements.c.member > parameter("after"))
        & (acknowledgements.c.member != parameter("reader"))
        & (acknowledgements.c.seq >= parameter("least"))
        & (acknowledgements.c.seq <= parameter("until"))
    )
    .order_by(acknowledgements.c.member)
)
_SOME_ACKNOWLEDGEMENTS = sql(
    select(acknowledgements.c.member)
    .where(key(acknowledgements, "channel"))
    .limit(parameter("limit"))
    .offset(FROM_START)
)
_INVITATION = sql(
    select(
        joiners.c.id,
        channels.c.channel,
        invitations.c.seq,
        invitations.c.author,
        invitations.c.time,
        invitations.c.info,
        joiners.c.secrets,
    )
    .select_from(joiners.join(invitations).join(channels, channels.c.number == invitations.c.channel))
    .where(key(joiners, "authority") & (joiners.c.id > parameter("after")))
    .order_by(joiners.c.id)
    .limit(parameter("limit"))
    .offset(FROM_START)
)


class Reader:
    """One reading connection, used by one thread at a time. Every method sees what is committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def connection(self) -> sqlite3.Connection:
        """For questions that are asked elsewhere."""
        return self._connection

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def view(self, channel: bytes, authority: str) -> ChannelView:
        """The channel as `authority` may see it; raises Refusal for a stranger to it."""
        number, view, _ = self._view(channel, authority)
        if view.until is not None and view.until < view.head.seq:
            (head,) = self._connection.execute(_HEAD, {"channel_": number, "seq_": view.until}).fetchone()
            return ChannelView(Head(view.until, head), view.last_commit, view.access, view.first, view.until)
        return view

    def entries(self, channel: bytes, authority: str, after: int, room: int) -> Page:
        """Entries after `after` that cost at most `room`, or one that costs more; without own and expired bodies."""
        number, view, _ = self._view(channel, authority)
        rows = self._connection.execute(
            _ENTRIES,
            {
                "channel_": number,
                "reader": authority,
                "first": view.first,
                "after": after,
                "until": view.head.seq if view.until is None else view.until,
                "limit": MAX_ENTRIES_PER_FRAME,
            },
        )
        page: list[Entry] = []
        last_head = b""
        for seq, author, form, time, body, body_hash, head in rows:
            if body is not None:
                room -= ENTRY_COST + len(body)
                body_hash = None
            else:
                room -= ENTRY_COST
            if page and room < 0:
                break
            page.append(Entry(seq, author, _FORMS[form], time, body, body_hash))
            last_head = head
        rows.close()
        return Page(page, last_head)

    def headers(self, channel: bytes, authority: str, after: int, until: int) -> list[HeaderLine]:
        """Headers after `after` up to `until`; those that stood before a member joined are for it to read, too."""
        number, view, _ = self._view(channel, authority)
        last = view.head.seq if view.until is None else view.until
        rows = self._connection.execute(
            _HEADERS,
            {"channel_": number, "after": after, "until": min(until, last), "limit": MAX_HEADERS_PER_FRAME},
        )
        return [HeaderLine(author, Form(form), body_hash) for author, form, body_hash in rows]

    def memberships(self, authority: str, after: bytes) -> list[bytes]:
        """See Store."""
        rows = self._connection.execute(
            _MEMBERSHIPS, {"authority_": authority, "after": after, "limit": MAX_CHANNELS_PER_FRAME}
        )
        return [channel for (channel,) in rows]

    def acknowledgements(self, channel: bytes, authority: str, after: str) -> list[tuple[str, bytes]]:
        """See Store."""
        number, view, wrote_first = self._view(channel, authority)
        to_all = {"channel_": number, "limit": ACKNOWLEDGEMENTS_TO_ALL + 1}
        if len(self._connection.execute(_SOME_ACKNOWLEDGEMENTS, to_all).fetchall()) <= ACKNOWLEDGEMENTS_TO_ALL:
            wrote_first = 0
        if wrote_first is None:
            return []
        until = view.head.seq if view.until is None else view.until
        rows = self._connection.execute(
            _ACKNOWLEDGEMENTS,
            {"channel_": number, "after": after, "reader": authority, "least": wrote_first, "until": until},
        )
        page: list[tuple[str, bytes]] = []
        room = _ACKNOWLEDGEMENTS_ROOM
        for member, content in rows:
            page.append((member, content))
            room -= len(content)
            if room < 0:
                break
        rows.close()
        return page

    def stock(self, authority: str) -> Stock:
        """The authority's key packages."""
        owner = {"authority_": authority}
        (left,) = self._connection.execute(LEFT, owner).fetchone()
        return stock_of(left, self._connection.execute(LAST_RESORT, owner).fetchone())

    def next_invitation(self, authority: str, after: int) -> Invited | None:
        """The authority's oldest invitation with an id above `after`."""
        row = self._connection.execute(_INVITATION, {"authority_": authority, "after": after, "limit": 1}).fetchone()
        return None if row is None else Invited(*row)

    def _view(self, channel: bytes, authority: str) -> tuple[int, ChannelView, int | None]:
        row = self._connection.execute(_CHANNEL, {"channel_": channel}).fetchone()
        if row is None:
            raise Refusal(
                Code.UNKNOWN_CHANNEL, message("this relay holds no such channel: it may have another home relay")
            )
        number, seq, head, last_commit, access = row
        member = self._connection.execute(_MEMBER, {"channel_": number, "authority_": authority}).fetchone()
        if member is None:
            raise Refusal(Code.NOT_A_MEMBER, message("this authority was never on the channel's access list"))
        first, until, left_access, left_commit, wrote_first = member
        if until is not None:
            access, last_commit = left_access, left_commit
        return number, ChannelView(Head(seq, head), last_commit, access, first, until), wrote_first
