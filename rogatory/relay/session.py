"""One node's session: each frame of the node, and the answer to it. No HTTP and no SQL here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from rogatory.keys.errors import KeysError
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import (
    Acknowledge,
    Append,
    ClaimKeyPackages,
    ClientFrame,
    Credit,
    FetchChannels,
    FetchHeaders,
    FetchToken,
    InvitationsTaken,
    PublishKeyPackages,
    Resume,
)
from rogatory.protocol.frames.codec import decode_client_frame, encode_frame
from rogatory.protocol.frames.server import (
    Channels,
    Claimed,
    Code,
    Headers,
    Published,
    Ready,
    Refused,
    Resumed,
    ServerFrame,
    StockLow,
    Token,
)
from rogatory.protocol.limits import (
    APPENDS_IN_FLIGHT,
    CHANNEL_ID,
    DELIVERY_WINDOW,
    MAX_CLAIMS_PER_FRAME,
    MAX_KEY_PACKAGE,
    MAX_KEY_PACKAGES_PER_FRAME,
)
from rogatory.protocol.text import message, text_of
from rogatory.relay.acknowledgements import Claim
from rogatory.relay.appending import Appending
from rogatory.relay.blobs.tokens import Bearer
from rogatory.relay.delivery import Delivery
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.mirror import Mirrored
from rogatory.relay.outbox import Outbox
from rogatory.relay.services import Services
from rogatory.relay.store.interface import NewEntry, Stock

LOW_STOCK: Final = 20
"""Key packages below which their owner is told."""

_MAX_TAKEN: Final = 1_000
_log = structlog.get_logger()


def ready(services: Services, mirrored: Mirrored, stock: Stock) -> Ready:
    """What a session begins with."""
    limits = services.config.limits
    return Ready(
        time=time.time_ns() // 1_000_000,
        stock=stock.left,
        last_resort=stock.last_resort,
        directory=mirrored.digest,
        max_application=limits.max_application,
        max_commit=limits.max_commit,
        appends_in_flight=APPENDS_IN_FLIGHT,
        delivery_window=DELIVERY_WINDOW,
    )


class Session:
    """The session of `authority`, proven with its key set `key_set`. `ended` resolves when it is over.

    `number`: what Store.enter gave it.
    """

    __slots__ = (
        "_allowance", "_appending", "_closed", "_invited", "_inviting", "_outbox", "_services", "_stock_told", "_store",
        "authority", "delivery", "ended", "key_set", "number",
    )  # fmt: skip

    def __init__(
        self,
        services: Services,
        authority: str,
        key_set: int,
        send: Callable[[bytes], Awaitable[None]],
        number: int,
    ) -> None:
        self.authority = authority
        self.key_set = key_set
        self.number = number
        self.ended: asyncio.Future[Farewell | None] = asyncio.get_running_loop().create_future()
        self._services = services
        self._store = services.store
        self._outbox = Outbox(send, lambda: self.end(None))
        self.delivery = Delivery(authority, services.store, self._outbox, services.metrics, self._broken)
        self._allowance = services.allowances.of(authority)
        self._appending = Appending(services, authority, self._put, self._refuse_entry, self._broken)
        self._closed = False
        self._inviting: asyncio.Task[None] | None = None
        self._invited = 0
        self._stock_told: Stock | None = None

    @property
    def channels(self) -> list[bytes]:
        """The channels that it follows."""
        return self.delivery.channels

    # What the connection calls

    def greet(self, mirrored: Mirrored, stock: Stock) -> None:
        """The first frames: Ready, then what waits for this authority."""
        self._put(ready(self._services, mirrored, stock))
        self.stock_taken(stock)
        self.invitations_waiting()

    async def receive(self, data: bytes) -> None:
        """One frame of the node. Raises Farewell for what no honest node sends."""
        if not self._outbox.has_room:
            await self._outbox.room()
        if (waiting := self.take(data)) is not None:
            await waiting

    def take(self, data: bytes) -> Awaitable[None] | None:
        """As `receive`, but gives what is to be awaited before the next frame, if anything.

        Most frames are appends that wait for nothing: a coroutine for each costs about as much as looking at it.
        """
        if not self._outbox.has_room:
            return self.receive(data)
        try:
            frame = decode_client_frame(data)
        except MalformedError as error:
            raise Farewell(Code.MALFORMED, str(error)) from None
        return self._append(frame) if isinstance(frame, Append) else self._answer(frame)

    def end(self, farewell: Farewell | None) -> None:
        """End the session, with a Goodbye unless the connection is lost."""
        if not self.ended.done():
            self.ended.set_result(farewell)

    async def settle(self) -> None:
        """Wait until every append has its answer."""
        await self._appending.settle()

    async def say(self, frame: ServerFrame) -> None:
        """Send a last frame and all before it."""
        self._outbox.put(encode_frame(frame))
        await self._outbox.flush()

    def close(self) -> None:
        """Nothing is sent any more."""
        self.end(None)
        self._closed = True
        self.delivery.stop()
        if self._inviting is not None:
            self._inviting.cancel()
        self._outbox.discard()

    async def _answer(self, frame: ClientFrame) -> None:
        handler = _HANDLERS.get(type(frame))
        if handler is None:
            raise Farewell(Code.MALFORMED, message("hello and proof come once, at the beginning"))
        try:
            await handler(self, frame)
        except Refusal as refusal:
            if (ref := getattr(frame, "ref", None)) is None:
                raise Farewell(refusal.code, refusal.explanation) from None
            self._refuse(ref, refusal)

    # What the hub calls

    def push(self, frame: bytes) -> None:
        """Send an encoded frame."""
        if not self._closed:
            self._outbox.put(frame)

    def stock_taken(self, stock: Stock) -> None:
        """Tell the owner once when key packages run out or the last resort was used."""
        told = self._stock_told
        low = stock.left < LOW_STOCK and (told is None or told.left >= LOW_STOCK)
        used = stock.last_resort_used and (told is None or not told.last_resort_used)
        if low or used:
            self._put(StockLow(stock.left, stock.last_resort_used))
        self._stock_told = stock

    def invitations_waiting(self) -> None:
        """Send the invitations that are stored, one after the other."""
        if self._inviting is None and not self._closed:
            self._inviting = asyncio.create_task(self._invite())
            self._inviting.add_done_callback(self._done)

    # Channels

    def _append(self, frame: Append) -> Awaitable[None] | None:
        try:
            return self._appending.append(frame)
        except Refusal as refusal:
            self._refuse(frame.ref, refusal)
            self._reject(frame.channel, frame.body, refusal.code)
            return None

    async def _resume(self, frame: Resume) -> None:
        _check_place(frame.channel, frame.after)
        self._appending.resumed(frame.channel)
        if len(self.delivery) >= self._services.config.limits.channels_per_session:
            raise Refusal(Code.QUOTA, message("this session follows as many channels as one may"))
        subscription = self.delivery.subscribe(frame.channel, frame.after)
        self._services.hub.follow(frame.channel, self)
        try:
            view = await self._store.view(frame.channel, self.authority)
        except Refusal:
            self.delivery.unsubscribe(frame.channel)
            self._services.hub.unfollow(frame.channel, self)
            raise
        self._put(
            Resumed(
                frame.ref,
                frame.channel,
                view.head.seq,
                view.head.hash,
                view.last_commit,
                view.access,
                view.first,
                view.until,
            )
        )
        self.delivery.start(subscription, view)

    async def _fetch_headers(self, frame: FetchHeaders) -> None:
        _check_place(frame.channel, frame.after, frame.until)
        headers = await self._store.headers(frame.channel, self.authority, frame.after, frame.until)
        self._put(Headers(frame.ref, frame.channel, frame.after, headers))

    async def _fetch_channels(self, frame: FetchChannels) -> None:
        if len(frame.after) > CHANNEL_ID:
            raise Refusal(Code.MALFORMED, message("a channel id has {channel_id} bytes", channel_id=CHANNEL_ID))
        self._put(Channels(frame.ref, await self._store.memberships(self.authority, frame.after)))

    async def _acknowledge(self, frame: Acknowledge) -> None:
        acknowledgement = frame.acknowledgement
        if acknowledgement.member != self.authority:
            raise Refusal(Code.MALFORMED, message("an acknowledgement is sent by the member that signed it"))
        if not self._allowance.acknowledgements.take(1, time.monotonic()):  # each costs a check of a signature
            raise Refusal(
                Code.RATE, message("this authority acknowledges faster than the relay allows: connect again in a while")
            )
        mirrored = self._services.mirror.current
        if mirrored is None:
            raise Refusal(Code.UNAVAILABLE, message("this relay has no directory"))
        directory = mirrored.directory
        try:
            keys = directory.key_set(self.authority, acknowledgement.key_set)
            in_force = directory.key_sets_in_force(self.authority, directory.targets_version)
        except KeysError as error:
            raise Refusal(
                Code.MALFORMED, message("the acknowledgement's key set is unknown: {error}", error=text_of(error))
            ) from None
        if (
            keys not in in_force or keys.compromised_since is not None
        ):  # it may have ended while this was on its way; whoever stole it may not speak
            self._services.metrics.acknowledgements.labels("not_in_force").inc()
            _log.warning("acknowledgement_not_in_force")
            return
        await self._services.desk.submit(Claim(acknowledgement, keys.online))

    async def _credit(self, frame: Credit) -> None:
        if frame.amount < 0:
            raise Refusal(Code.MALFORMED, message("a credit is not negative"))
        self.delivery.credit(frame.amount)

    # Key packages and invitations

    async def _publish(self, frame: PublishKeyPackages) -> None:
        packages = frame.packages if frame.last_resort is None else [*frame.packages, frame.last_resort]
        if len(frame.packages) > MAX_KEY_PACKAGES_PER_FRAME:
            raise Refusal(
                Code.TOO_LARGE,
                message(
                    "at most {max_key_packages_per_frame} key packages in a frame",
                    max_key_packages_per_frame=MAX_KEY_PACKAGES_PER_FRAME,
                ),
            )
        if any(len(package) > MAX_KEY_PACKAGE for package in packages):
            raise Refusal(
                Code.TOO_LARGE,
                message("a key package has at most {max_key_package} bytes", max_key_package=MAX_KEY_PACKAGE),
            )
        if not all(packages):
            raise Refusal(Code.MALFORMED, message("a key package is not empty"))
        left = await self._store.publish(self.authority, frame.packages, frame.last_resort, frame.replace)
        self._stock_told = await self._store.stock(self.authority)
        self._put(Published(frame.ref, left))

    async def _claim(self, frame: ClaimKeyPackages) -> None:
        wanted = list(dict.fromkeys(frame.authorities))
        if len(frame.authorities) > MAX_CLAIMS_PER_FRAME:
            raise Refusal(
                Code.TOO_LARGE,
                message(
                    "at most {max_claims_per_frame} authorities in a claim", max_claims_per_frame=MAX_CLAIMS_PER_FRAME
                ),
            )
        if not self._allowance.claims.take(len(wanted), time.monotonic()):
            raise Refusal(
                Code.RATE, message("this authority claims more key packages than the relay allows: wait an hour")
            )
        mirrored = self._services.mirror.current
        enrolled = mirrored.enrolled if mirrored is not None else frozenset()
        packages = await self._store.claim([authority for authority in wanted if authority in enrolled])
        found = {package.authority for package in packages}
        self._put(Claimed(frame.ref, packages, [authority for authority in wanted if authority not in found]))

    async def _taken(self, frame: InvitationsTaken) -> None:
        if len(frame.ids) > _MAX_TAKEN or any(not 0 <= number < 1 << 63 for number in frame.ids):
            raise Refusal(Code.MALFORMED, message("the ids of invitations are out of bounds"))
        await self._store.take_invitations(self.authority, frame.ids)

    async def _fetch_token(self, frame: FetchToken) -> None:
        bearer = Bearer(self.authority, self.key_set)
        token, expires = self._services.tokens.issue(bearer, time.time_ns() // 1_000_000)
        self._put(Token(frame.ref, token, expires))

    async def _invite(self) -> None:
        while (invited := await self._store.next_invitation(self.authority, self._invited)) is not None:
            await self._outbox.room()
            self._put(invited)
            self._invited = invited.id
        self._inviting = None

    # Sending

    def _put(self, frame: ServerFrame) -> None:
        self.push(encode_frame(frame))

    def _refuse(self, ref: int, refusal: Refusal) -> None:
        self._services.metrics.refused.labels(refusal.code.value).inc()
        self._put(Refused(ref, refusal.code, refusal.explanation, refusal.last_commit))

    def _refuse_entry(self, entry: NewEntry, refusal: Refusal) -> None:
        self._refuse(entry.ref, refusal)
        self._reject(entry.channel, entry.body, refusal.code)

    def _reject(self, channel: bytes, body: bytes, code: Code) -> None:
        self._services.rejections.note(self.authority, channel, body, code, self._put)

    def _done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broken(error)

    def _broken(self, error: BaseException) -> None:
        """Something the node asked for cannot be had now: end, it comes back."""
        if not isinstance(error, Refusal):
            _log.error("session_broken", kind=type(error).__name__, error=str(error))
        self.end(Farewell(Code.UNAVAILABLE, message("the relay cannot go on with this session: connect again later")))


def _check_place(channel: bytes, *places: int) -> None:
    if len(channel) != CHANNEL_ID:
        raise Refusal(Code.MALFORMED, message("a channel id has {channel_id} bytes", channel_id=CHANNEL_ID))
    if any(not 0 <= place < 1 << 63 for place in places):
        raise Refusal(Code.MALFORMED, message("a sequence number is out of bounds"))


_HANDLERS: Final[dict[type, Callable[[Session, Any], Awaitable[None]]]] = {
    Acknowledge: Session._acknowledge,
    Credit: Session._credit,
    Resume: Session._resume,
    FetchHeaders: Session._fetch_headers,
    FetchChannels: Session._fetch_channels,
    PublishKeyPackages: Session._publish,
    ClaimKeyPackages: Session._claim,
    InvitationsTaken: Session._taken,
    FetchToken: Session._fetch_token,
}
