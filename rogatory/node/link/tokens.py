"""Tokens for a relay's blobs, asked for over the proven link and kept for as long as they are good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from rogatory.node.errors import NodeError
from rogatory.protocol.frames.client import ClientFrame, FetchToken
from rogatory.protocol.frames.server import Token
from rogatory.protocol.text import message

PATIENCE: Final = 20.0
"""Seconds for an answer."""

MARGIN: Final = 60.0
"""Seconds before its end at which a token is not used any more."""


class NoToken(NodeError):
    """There is no session with the relay now."""


class Tokens:
    """One token per relay. `send(relay, frame)` queues a frame; `now()` gives Unix seconds."""

    def __init__(self, send: Callable[[str, ClientFrame], None], now: Callable[[], float]) -> None:
        self._send = send
        self._now = now
        self._held: dict[str, Token] = {}
        self._awaited: dict[str, asyncio.Future[Token]] = {}

    def arrived(self, relay: str, token: Token) -> None:
        """The relay answered."""
        self._held[relay] = token
        awaited = self._awaited.pop(relay, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(token)

    def forget(self, relay: str) -> None:
        """The relay did not take it."""
        self._held.pop(relay, None)

    async def get(self, relay: str) -> str:
        """A token that is good for a while. Raises NoToken."""
        held = self._held.get(relay)
        if held is not None and held.expires / 1000 - MARGIN > self._now():
            return held.token
        awaited = self._awaited.get(relay)
        if awaited is None:
            awaited = self._awaited[relay] = asyncio.get_running_loop().create_future()
            self._send(relay, FetchToken(0))
        try:
            async with asyncio.timeout(PATIENCE):
                return (await asyncio.shield(awaited)).token
        except TimeoutError:
            self._awaited.pop(relay, None)
            raise NoToken(message("no session with {relay}: files wait until it stands again", relay=relay)) from None
