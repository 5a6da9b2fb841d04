"""Giving an authority a file: the directory, the answers to what it asked, invitations, and its channels' logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from rogatory.keys.courier import DIRECTORY_PART, Answer, Carried, DirectoryPart, Record, request_digest, without_ref
from rogatory.protocol.frames.client import Resume
from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Channels, Code, Entries, Headers, Refused, Resumed, ServerFrame
from rogatory.relay.courier.journeys import Journey
from rogatory.relay.delivery import PAGE, acknowledgements_frame
from rogatory.relay.errors import Refusal
from rogatory.relay.mirror import Mirrored
from rogatory.relay.services import Services
from rogatory.relay.session import ready
from rogatory.relay.store.interface import Store

_GONE = (Code.UNKNOWN_CHANNEL, Code.NOT_A_MEMBER)


async def records(services: Services, mirrored: Mirrored, authority: str, journey: Journey) -> AsyncIterator[Record]:
    """What the file holds, in this order, read page by page. Raises Refusal where the database cannot be read."""
    store = services.store
    for start in range(0, mirrored.bundle.size, DIRECTORY_PART):
        yield DirectoryPart(await asyncio.to_thread(mirrored.bundle.read, start, DIRECTORY_PART))
    yield _carried(ready(services, mirrored, await store.stock(authority)))
    channels: list[bytes] = []
    while page := await store.memberships(authority, channels[-1] if channels else b""):
        yield _carried(Channels(0, page))
        channels += page
    for digest, frame in journey.answers:
        yield Answer(digest, frame)
    held: set[bytes] = set()
    for channel, cursor in journey.cursors.items():
        try:
            await store.view(channel, authority)
            held.add(channel)
        except Refusal as refusal:
            if refusal.code not in _GONE:
                raise
            refused = Refused(0, refusal.code, refusal.explanation)
            yield Answer(request_digest(without_ref(Resume(0, channel, cursor))), encode_frame(refused))
    invited: set[bytes] = set()
    last = 0
    while (invitation := await store.next_invitation(authority, last)) is not None:
        async for record in _headers(store, authority, invitation.channel, invitation.seq):
            yield record
        yield _carried(invitation)
        last = invitation.id
        invited.add(invitation.channel)
    for channel in dict.fromkeys([*channels, *sorted(invited), *sorted(held)]):
        async for record in _log(store, authority, channel, journey.cursors.get(channel)):
            yield record


async def _headers(store: Store, authority: str, channel: bytes, until: int) -> AsyncIterator[Record]:
    """What a joiner asks for: the headers that lead to its invitation, from the first on."""
    after = 0
    while after < until and (lines := await store.headers(channel, authority, after, until)):
        yield _carried(Headers(0, channel, after, lines))
        after += len(lines)


async def _log(store: Store, authority: str, channel: bytes, cursor: int | None) -> AsyncIterator[Record]:
    """A channel from where the authority said it had read; one of which it said nothing from where it may read."""
    view = await store.view(channel, authority)
    yield _carried(
        Resumed(0, channel, view.head.seq, view.head.hash, view.last_commit, view.access, view.first, view.until)
    )
    after, last = view.first - 1 if cursor is None else cursor, view.head.seq
    while after < last:
        page = await store.entries(channel, authority, after, PAGE)
        # What was appended since the view was taken comes with the next file, as the head told here says.
        entries = [entry for entry in page.entries if entry.seq <= last]
        if not entries:
            break
        after = entries[-1].seq
        yield _carried(Entries(channel, entries, view.head.hash if after == last else page.head))
    member = ""
    while acknowledgements := await store.acknowledgements(channel, authority, member):
        yield Carried(acknowledgements_frame(channel, [content for _, content in acknowledgements]))
        member = acknowledgements[-1][0]


def _carried(frame: ServerFrame) -> Carried:
    return Carried(encode_frame(frame))
