"""What one authority or one address may take, counted in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message
from rogatory.relay.config import LimitSettings, QuotaSettings
from rogatory.relay.errors import Farewell


class Bucket:
    """A token bucket: `burst` at once, refilled at `burst` per `period` seconds."""

    __slots__ = ("_burst", "_filled", "_period", "_tokens")

    def __init__(self, burst: int, period: float, now: float) -> None:
        self._burst = float(burst)
        self._period = period
        self._tokens = float(burst)
        self._filled = now

    def take(self, count: int, now: float) -> bool:
        """Take `count` tokens at `now` (seconds, monotonic) if there are as many."""
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._burst / self._period)
        self._filled = now
        if count > self._tokens:
            return False
        self._tokens -= count
        return True


class Allowance:
    """The rates of one authority, whatever number of times it connects."""

    __slots__ = ("acknowledgements", "appends", "claims")

    def __init__(self, quotas: QuotaSettings, now: float) -> None:
        self.appends = Bucket(quotas.appends_per_minute, 60.0, now)
        self.claims = Bucket(quotas.claims_per_hour, 3600.0, now)
        self.acknowledgements = Bucket(quotas.acknowledgements_per_minute, 60.0, now)


class Allowances:
    """The allowance of every authority that ever connected; only enrolled ones do, so it stays small."""

    def __init__(self, quotas: QuotaSettings, clock: Callable[[], float]) -> None:
        self._quotas = quotas
        self._clock = clock
        self._of: dict[str, Allowance] = {}

    def of(self, authority: str) -> Allowance:
        """The authority's allowance."""
        allowance = self._of.get(authority)
        if allowance is None:
            allowance = self._of[authority] = Allowance(self._quotas, self._clock())
        return allowance


class Budget:
    """Bytes of all sessions together that wait for the store. Who finds it spent waits, and does not read on.

    One authority gets an eighth of it at most: the others are served on while it waits.
    """

    _SHARE: Final = 8

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._taken_by: Counter[str] = Counter()
        self._freed = asyncio.Event()

    def took(self, authority: str, amount: int) -> bool:
        """Take `amount` bytes if there is room; more than its whole share an authority gets alone."""
        own = self._taken_by[authority]
        if (own and own + amount > self._size // self._SHARE) or (self._taken and self._taken + amount > self._size):
            return False
        self._taken += amount
        self._taken_by[authority] = own + amount
        return True

    async def take(self, authority: str, amount: int) -> None:
        """Take `amount` bytes, once there is room."""
        while not self.took(authority, amount):
            self._freed.clear()
            await self._freed.wait()

    @property
    def taken(self) -> int:
        """Bytes that wait now."""
        return self._taken

    def give_back(self, authority: str, amount: int) -> None:
        """They are stored, or refused."""
        self._taken -= amount
        self._taken_by[authority] -= amount
        if not self._taken_by[authority]:
            del self._taken_by[authority]
        if not self._freed.is_set():
            self._freed.set()


class Connections:
    """Connections that are open, in all and by address, and how many each address began this minute.

    The latter bounds what strangers cost: a handshake takes a signature before anybody proved who it is.
    """

    _MINUTE: Final = 60.0

    def __init__(self, limits: LimitSettings, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._minute_ends = 0.0
        self._begun: Counter[str] = Counter()
        self._open = 0
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def admitted(self, address: str) -> Iterator[None]:
        """Count a connection for as long as it is open; raises Farewell if there are too many."""
        self._begin(address)
        if self._open >= self._limits.connections:
            raise Farewell(Code.QUOTA, message("the relay has as many connections as it takes: try again later"))
        if self._by_address[address] >= self._limits.connections_per_address:
            raise Farewell(
                Code.QUOTA, message("too many connections from this address: close some, or ask the operator")
            )
        self._open += 1
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._open -= 1
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def _begin(self, address: str) -> None:
        now = self._clock()
        if now >= self._minute_ends:
            self._begun.clear()
            self._minute_ends = now + self._MINUTE
        self._begun[address] += 1
        if self._begun[address] > self._limits.connects_per_minute:
            raise Farewell(Code.RATE, message("this address connects too often: wait a minute"))
