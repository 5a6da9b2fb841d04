"""Why appends were refused, signed: all of some moments under one signature, and few of each authority.

A refusal is answered at once, always; what is signed follows, and a flood of bad appends costs no signature each.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from rogatory.protocol.frames.server import Code, Rejected
from rogatory.protocol.header import body_hash
from rogatory.protocol.limits import CHANNEL_ID
from rogatory.protocol.rejection import FINAL, RefusedEntry, reject

GATHER: Final = 1.0
"""Seconds for which refusals gather."""
MOST_EACH: Final = 8
"""Of one authority in that time; for further ones it has the answer alone, and asks again later."""
MOST: Final = 1024
"""Of all."""

Tell = Callable[[Rejected], None]


class RejectionDesk:
    """Signs as `relay` by `sign`, the relay's receipt key."""

    def __init__(self, relay: str, sign: Callable[[bytes], bytes]) -> None:
        self._relay = relay
        self._sign = sign
        self._waiting: list[tuple[RefusedEntry, Tell]] = []
        self._each: Counter[str] = Counter()

    def note(self, authority: str, channel: bytes, body: bytes, code: Code, tell: Tell) -> None:
        """An append of `authority` was refused; `tell` is given the signed rejection, if there is one."""
        if code.value not in FINAL or len(channel) != CHANNEL_ID:
            return
        if self._each[authority] >= MOST_EACH or len(self._waiting) >= MOST:
            return
        self._each[authority] += 1
        if not self._waiting:
            asyncio.get_running_loop().call_later(GATHER, self._issue)
        refused = RefusedEntry(channel, authority, body_hash(body), code.value, time.time_ns() // 1_000_000)
        self._waiting.append((refused, tell))

    def _issue(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._each.clear()
        rejections = reject(self._relay, [refused for refused, _ in waiting], self._sign)
        for rejection, (_, tell) in zip(rejections, waiting, strict=True):
            tell(Rejected(rejection))
