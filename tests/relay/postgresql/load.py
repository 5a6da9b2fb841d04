"""A node under load that repeats what was not answered, at whichever replica it reaches; and the check of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from rogatory.protocol.frames.server import Accepted, Code, Refused, Resumed
from rogatory.protocol.header import Header, body_hash, extend, genesis
from tests.relay.client import Client, Departed, message
from tests.relay.process import RelayProcess

PATIENCE = 60.0
AT_ONCE = 100
_PAUSE = 0.05


class Author:
    """Appends `count` messages to a channel, through all refusals that a node is to wait out."""

    def __init__(self, replicas: Sequence[RelayProcess], authority: str, channel: bytes, count: int) -> None:
        self.bodies = [message(channel, 300) for _ in range(count)]
        self.accepted: dict[bytes, int] = {}
        self.refusals: set[Code] = set()
        self.half_way = asyncio.Event()
        self._replicas = replicas
        self._authority = authority
        self._channel = channel

    @property
    def unanswered(self) -> list[bytes]:
        return [body for body in self.bodies if body not in self.accepted]

    async def run(self) -> None:
        """Until every message was accepted, at one replica after the other."""
        turn = 0
        async with asyncio.timeout(PATIENCE * 2):
            while self.unanswered:
                relay = self._replicas[turn % len(self._replicas)]
                client = Client(relay.link_url, relay.simulator.identity(self._authority))
                with suppress(Departed, OSError):
                    await client.connect()
                    await self._send(client)
                await client.close()
                turn += 1

    async def _send(self, client: Client) -> None:
        while self.unanswered:
            resumed = await client.resume(self._channel, 1 << 40)
            if isinstance(resumed, Refused):  # its database is away
                assert resumed.code is Code.UNAVAILABLE
                await asyncio.sleep(_PAUSE)
                continue
            sent = {await client.post(self._channel, body, 1): body for body in self.unanswered[:AT_ONCE]}
            for _ in range(len(sent)):
                answer = await client.wait_where(lambda frame: isinstance(frame, Accepted | Refused), PATIENCE)
                if isinstance(answer, Accepted):
                    self.accepted[sent[answer.ref]] = answer.receipt.seq
                    if len(self.accepted) * 2 > len(self.bodies):
                        self.half_way.set()
                else:
                    self.refusals.add(answer.code)


async def check_log(relay: RelayProcess, reader: str, channel: bytes, authors: Sequence[Author]) -> None:
    """Everything accepted stands once, in its place, in a log whose chain is whole; and nothing else does."""
    accepted = {body: seq for author in authors for body, seq in author.accepted.items()}
    async with Client(relay.link_url, relay.simulator.identity(reader)) as client:
        resumed = await client.resume(channel)
        assert isinstance(resumed, Resumed)
        async with asyncio.timeout(PATIENCE):
            entries = await client.wait_entries(channel, len(accepted) + 1)
    assert resumed.seq == len(accepted) + 1
    assert sorted(accepted.values()) == list(range(2, len(accepted) + 2)), "each once"
    head = genesis(channel)
    for entry in entries:
        digest = entry.body_hash if entry.body is None else body_hash(entry.body)
        assert digest is not None
        head = extend(head, [Header(channel, entry.seq, entry.author, entry.form, digest, head.hash)])
        assert entry.body is None or entry.seq == 1 or accepted[entry.body] == entry.seq
    assert head.hash == resumed.head
