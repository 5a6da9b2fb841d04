"""Which entries a session gets, and when: a cursor per channel, a window of bytes per session.

A channel whose cursor stands at the head of the log is *live*: what is committed is pushed to it, encoded once for all
members. Otherwise, and whenever the window or the socket is full, it is *behind* and reads pages from the store.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from rogatory.protocol.frames.codec import encode_frame
from rogatory.protocol.frames.server import Acknowledgements, Entries, Entry
from rogatory.protocol.limits import DELIVERY_WINDOW, ENTRY_COST, KIB, MAX_ENTRIES_PER_FRAME, MIB
from rogatory.relay.log import readable
from rogatory.relay.metrics import Metrics
from rogatory.relay.outbox import Outbox
from rogatory.relay.store.interface import Advance, ChannelView, Store

PAGE: Final = 1 * MIB
LEAST_ROOM: Final = 64 * KIB
"""Less room than this in the window is not worth a page; a node credits before so little is left."""


def cost(entries: list[Entry]) -> int:
    """What entries take of the delivery window."""
    return sum(ENTRY_COST + len(entry.body or b"") for entry in entries)


class Broadcast:
    """One advance of a channel, encoded once for all that may read all of it and wrote none of it."""

    def __init__(self, advance: Advance) -> None:
        self.advance = advance
        self._entries = entries = advance.entries or []
        self._authors = {entry.author for entry in entries}
        self._common: tuple[bytes, int] | None = None
        self.pushable = 0 < len(entries) <= MAX_ENTRIES_PER_FRAME and (cost(entries) <= PAGE or len(entries) == 1)

    @property
    def count(self) -> int:
        """Number of entries."""
        return len(self._entries)

    def frame(self, reader: str) -> tuple[bytes, int]:
        """The frame for `reader` and what it costs. Authors get their own entries without the body."""
        if reader in self._authors:
            return self._encode(
                [_without_body(entry) if entry.author == reader else _without_hash(entry) for entry in self._entries]
            )
        if self._common is None:
            self._common = self._encode([_without_hash(entry) for entry in self._entries])
        return self._common

    def _encode(self, entries: list[Entry]) -> tuple[bytes, int]:
        return encode_frame(Entries(self.advance.channel, entries, self.advance.head.hash)), cost(entries)


def _without_body(entry: Entry) -> Entry:
    return Entry(entry.seq, entry.author, entry.form, entry.time, None, entry.body_hash)


def _without_hash(entry: Entry) -> Entry:
    return Entry(entry.seq, entry.author, entry.form, entry.time, entry.body, None)


@dataclass(slots=True, eq=False)
class Subscription:
    """A channel that a session has resumed. `busy`: a page is being read; `due`: it waits for its turn."""

    channel: bytes
    cursor: int
    target: int = 0
    first: int = 0
    until: int | None = None
    busy: bool = True
    due: bool = False
    stale: bool = False
    acknowledgements_due: bool = False


class Delivery:
    """One session's subscriptions. Its task lives only while something is due."""

    __slots__ = (
        "_authority", "_credited", "_due", "_failed", "_metrics", "_outbox", "_outstanding", "_store", "_subscriptions",
        "_task",
    )  # fmt: skip

    def __init__(
        self, authority: str, store: Store, outbox: Outbox, metrics: Metrics, failed: Callable[[BaseException], None]
    ) -> None:
        self._authority = authority
        self._store = store
        self._outbox = outbox
        self._metrics = metrics
        self._failed = failed
        self._subscriptions: dict[bytes, Subscription] = {}
        self._due: OrderedDict[bytes, Subscription] | None = None
        self._outstanding = 0
        self._credited: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._subscriptions)

    @property
    def channels(self) -> list[bytes]:
        """The channels subscribed to."""
        return list(self._subscriptions)

    # Called by the session

    def subscribe(self, channel: bytes, after: int) -> Subscription:
        """Begin to resume: what is committed from now on is noted, and delivered once `start` was called."""
        self.unsubscribe(channel)  # else a node that credits nothing could pile up what it resumes again and again
        subscription = self._subscriptions[channel] = Subscription(channel, after)
        return subscription

    def unsubscribe(self, channel: bytes) -> None:
        """The channel cannot be resumed, or is resumed anew."""
        self._subscriptions.pop(channel, None)
        if self._due is not None:
            self._due.pop(channel, None)

    def start(self, subscription: Subscription, view: ChannelView) -> None:
        """Deliver from the cursor on."""
        subscription.first, subscription.until = view.first, view.until
        subscription.target = max(subscription.target, view.head.seq)
        subscription.busy = False
        subscription.acknowledgements_due = True
        self._set_due(subscription)

    def credit(self, amount: int) -> None:
        """The node has persisted entries of this cost."""
        self._outstanding = max(0, self._outstanding - amount)
        if self._credited is not None:
            self._credited.set()

    def stop(self) -> None:
        """The session is over."""
        if self._task is not None:
            self._task.cancel()
        self._subscriptions.clear()
        self._due = None

    # Called by the hub

    def advanced(self, broadcast: Broadcast) -> None:
        """The channel's log went on."""
        advance = broadcast.advance
        subscription = self._subscriptions.get(advance.channel)
        if subscription is None or (subscription.until is not None and not advance.access_changed):
            return
        subscription.target = max(subscription.target, advance.head.seq)
        subscription.stale |= advance.access_changed
        if self._live(subscription, broadcast):
            frame, size = broadcast.frame(self._authority)
            if self._outstanding == 0 or self._outstanding + size <= DELIVERY_WINDOW:
                self._outstanding += size
                subscription.cursor = advance.head.seq
                self._outbox.put(frame)
                self._metrics.delivered.inc(broadcast.count)
                return
        self._set_due(subscription)

    def acknowledged(self, channel: bytes, frame: bytes | None) -> None:
        """Other members acknowledged: `frame` tells so, now or, if the socket is full, by what is current later.

        None: what is current is to be read.
        """
        subscription = self._subscriptions.get(channel)
        if subscription is None or subscription.until is not None:
            return
        if frame is not None and self._outbox.has_room and not subscription.acknowledgements_due:
            self._outbox.put(frame)
            return
        subscription.acknowledgements_due = True
        self._set_due(subscription)

    def _live(self, subscription: Subscription, broadcast: Broadcast) -> bool:
        return (
            broadcast.pushable
            and not (subscription.busy or subscription.due or subscription.stale)
            and subscription.cursor == broadcast.advance.before
            and readable(subscription.first, subscription.until, broadcast.advance.before + 1)
            and self._outbox.has_room
        )

    # The task that reads pages

    def _set_due(self, subscription: Subscription) -> None:
        if subscription.busy or subscription.due:
            return
        if subscription.cursor >= subscription.target and not subscription.acknowledgements_due:
            return
        subscription.due = True
        if self._due is None:
            self._due = OrderedDict()
        self._due[subscription.channel] = subscription
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._done)

    async def _run(self) -> None:
        while self._due:
            _, subscription = self._due.popitem(last=False)
            subscription.due, subscription.busy = False, True
            await self._outbox.room()
            await self._deliver(subscription)
            subscription.busy = False
            if self._subscriptions.get(subscription.channel) is subscription:
                self._set_due(subscription)
        self._task = self._due = self._credited = None

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    async def _deliver(self, subscription: Subscription) -> None:
        """Send one page of entries, and acknowledgements that are due."""
        if subscription.stale:
            subscription.stale = False
            view = await self._store.view(subscription.channel, self._authority)
            subscription.first, subscription.until = view.first, view.until
            subscription.target = max(subscription.target, view.head.seq)
        if subscription.until is not None:
            subscription.target = subscription.until
        if subscription.cursor < subscription.target:
            await self._deliver_page(subscription)
        if subscription.acknowledgements_due:
            subscription.acknowledgements_due = False
            await self._deliver_acknowledgements(subscription.channel)

    async def _deliver_page(self, subscription: Subscription) -> None:
        await self._window(LEAST_ROOM)
        room = min(DELIVERY_WINDOW - self._outstanding, PAGE)
        page = await self._store.entries(subscription.channel, self._authority, subscription.cursor, room)
        if self._subscriptions.get(subscription.channel) is not subscription:  # resumed anew meanwhile
            return
        if not page.entries:
            subscription.target = subscription.cursor
            return
        size = cost(page.entries)
        await self._window(size)
        self._outstanding += size
        subscription.cursor = page.entries[-1].seq
        self._outbox.put(encode_frame(Entries(subscription.channel, page.entries, page.head)))
        self._metrics.delivered.inc(len(page.entries))

    async def _deliver_acknowledgements(self, channel: bytes) -> None:
        after = ""
        while page := await self._store.acknowledgements(channel, self._authority, after):
            await self._outbox.room()
            self._outbox.put(acknowledgements_frame(channel, [content for _, content in page]))
            after = page[-1][0]

    async def _window(self, size: int) -> None:
        """Wait until `size` fits into the window; what is larger than the window travels alone."""
        while self._outstanding and self._outstanding + size > DELIVERY_WINDOW:
            if self._credited is None:
                self._credited = asyncio.Event()
            self._credited.clear()
            await self._credited.wait()


class _EncodedAcknowledgements(msgspec.Struct, frozen=True, array_like=True, tag_field="frame", tag="acknowledgements"):
    """An Acknowledgements frame whose parts are encoded already, as the store keeps them."""

    channel: bytes
    acknowledgements: list[msgspec.Raw]


assert _EncodedAcknowledgements.__struct_fields__ == Acknowledgements.__struct_fields__
_encoder = msgspec.msgpack.Encoder()


def acknowledgements_frame(channel: bytes, acknowledgements: list[bytes]) -> bytes:
    """The frame of encoded acknowledgements."""
    return _encoder.encode(_EncodedAcknowledgements(channel, [msgspec.Raw(content) for content in acknowledgements]))
