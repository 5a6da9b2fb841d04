"""The appends of one session: how many are under way, in which order they are refused, what they are answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.frames.client import Append
from rogatory.protocol.frames.server import AcceptedTogether, Code, ServerFrame
from rogatory.protocol.limits import APPENDS_IN_FLIGHT
from rogatory.protocol.text import message
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.intake import may_found, mirrored_pin, take_in
from rogatory.relay.log import NOT_RESUMED
from rogatory.relay.services import Services
from rogatory.relay.store.interface import Answers, Lane, NewEntry


class Appending:
    """Takes the appends of `authority` to the store and their answers back."""

    __slots__ = (
        "_answer", "_authority", "_broken", "_in_flight", "_lanes", "_rate", "_refuse", "_services", "_settled",
    )  # fmt: skip

    def __init__(
        self,
        services: Services,
        authority: str,
        answer: Callable[[ServerFrame], None],
        refuse: Callable[[NewEntry, Refusal], None],
        broken: Callable[[BaseException], None],
    ) -> None:
        self._services = services
        self._authority = authority
        self._answer = answer
        self._refuse = refuse
        self._broken = broken
        self._rate = services.allowances.of(authority).appends
        self._lanes: dict[bytes, Lane] = {}
        self._in_flight = 0
        self._settled: asyncio.Event | None = None

    def append(self, frame: Append) -> Awaitable[None] | None:
        """Hand an append to the store; what to await before the next one, where there is no room for it now.

        Raises Refusal if it does not get so far, and Farewell.
        """
        lane = self._lane(frame.channel)
        try:
            self._check_turn(lane)
            entry = self._take_in(frame, lane)
        except Refusal:
            lane.closed = True
            raise
        if not self._services.appending.took(self._authority, len(frame.body)):
            return self._hand_over_later(entry)
        self._hand_over(entry)
        return None

    def resumed(self, channel: bytes) -> None:
        """Whatever is appended to the channel from now on is taken again."""
        self._lanes.pop(channel, None)

    async def settle(self) -> None:
        """Wait until every append has its answer."""
        while self._in_flight:
            if self._settled is None:
                self._settled = asyncio.Event()
            self._settled.clear()
            await self._settled.wait()

    async def _hand_over_later(self, entry: NewEntry) -> None:
        await self._services.appending.take(self._authority, len(entry.body))
        self._hand_over(entry)

    def _hand_over(self, entry: NewEntry) -> None:
        entry.lane.in_flight += 1
        self._in_flight += 1
        self._services.store.append(entry)

    def _lane(self, channel: bytes) -> Lane:
        lane = self._lanes.get(channel)
        if lane is None:
            if len(self._lanes) >= self._services.config.limits.channels_per_session:
                raise Farewell(Code.QUOTA, message("refused appends on too many channels: resume them"))
            lane = self._lanes[channel] = Lane(self)
        return lane

    def _check_turn(self, lane: Lane) -> None:
        """Raise Refusal unless this session may append now."""
        if lane.closed or lane.refused:
            raise Refusal(Code.NOT_RESUMED, NOT_RESUMED)
        if self._in_flight >= APPENDS_IN_FLIGHT:
            raise Refusal(
                Code.TOO_MANY_IN_FLIGHT,
                message(
                    "wait for answers: {appends_in_flight} appends are under way", appends_in_flight=APPENDS_IN_FLIGHT
                ),
            )
        if not self._rate.take(1, time.monotonic()):
            raise Refusal(Code.RATE, message("this authority appends faster than the relay allows: wait a minute"))

    def _take_in(self, frame: Append, lane: Lane) -> NewEntry:
        """Judge the append by itself and by the mirrored directory; raises Refusal."""
        mirrored = self._services.mirror.current
        founds, pin = False, DirectoryPin(0)
        if mirrored is not None:
            pin = mirrored_pin(mirrored.directory, frame.channel)
            founds = frame.base == 0 and may_found(
                mirrored.directory, self._services.keys.relay, frame.channel, self._authority
            )
        return take_in(frame, self._authority, lane, self._services.config.limits, founds, pin)

    def answered(self, answers: Answers) -> None:
        """What became of some of the appends; see `Appender`."""
        metrics = self._services.metrics
        self._over(answers.accepted)
        for entry, error in answers.refused:
            self._over([entry])
            if isinstance(error, Refusal):
                self._refuse(entry, error)
            else:
                self._broken(error)
        if answers.receipts is not None:
            metrics.accepted.inc(len(answers.accepted) - len(answers.repeated))
            metrics.repeated.inc(len(answers.repeated))
            refs = [entry.ref for entry in answers.accepted]
            self._answer(AcceptedTogether(refs, answers.repeated, answers.receipts))
        if self._settled is not None:
            self._settled.set()

    def _over(self, entries: Sequence[NewEntry]) -> None:
        self._services.appending.give_back(self._authority, sum([len(entry.body) for entry in entries]))
        self._in_flight -= len(entries)
        for entry in entries:
            lane = entry.lane
            lane.in_flight -= 1
            if not (lane.in_flight or lane.closed or lane.refused) and self._lanes.get(entry.channel) is lane:
                del self._lanes[entry.channel]
