"""Members' acknowledgements: verified in batches off the event loop, then stored; only then do they count."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import nacl.bindings
import nacl.exceptions
import structlog

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import ProtocolError
from rogatory.relay.errors import Refusal
from rogatory.relay.metrics import Metrics
from rogatory.relay.store.interface import Store

BATCH: Final = 500
WAITING: Final = 5_000
"""More than as many waiting keep sessions from reading on."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claim:
    """An acknowledgement as received, and the key that must have signed it."""

    acknowledgement: Acknowledgement
    key: bytes


class AcknowledgementDesk:
    """Takes acknowledgements of all sessions. Of one member and channel only the last that waits is looked at."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._waiting: dict[tuple[bytes, str], Claim] = {}
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._room.set()

    async def submit(self, claim: Claim) -> None:
        """Verify and store it soon; waits while too many do."""
        await self._room.wait()
        self._waiting[claim.acknowledgement.channel, claim.acknowledgement.member] = claim
        if len(self._waiting) >= WAITING:
            self._room.clear()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Finish what waits."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:BATCH]
                claims = [self._waiting.pop(key) for key in keys]
                if len(self._waiting) < WAITING:
                    self._room.set()
                await self._settle(claims)
        finally:
            self._task = None

    async def _settle(self, claims: list[Claim]) -> None:
        verified = await asyncio.to_thread(_verified, claims)
        if len(verified) < len(claims):
            self._metrics.acknowledgements.labels("bad_signature").inc(len(claims) - len(verified))
            _log.warning("acknowledgements_bad_signature", count=len(claims) - len(verified))
        try:
            contradicting = await self._store.acknowledge(verified)
        except Refusal:  # they are sent again at the next connect
            self._metrics.acknowledgements.labels("unavailable").inc(len(verified))
            return
        self._metrics.acknowledgements.labels("verified").inc(len(verified) - len(contradicting))
        if contradicting:
            self._metrics.acknowledgements.labels("other_log").inc(len(contradicting))
            _log.warning("acknowledgements_of_another_log", count=len(contradicting))


def _verified(claims: list[Claim]) -> list[Acknowledgement]:
    """Those that verify, off the event loop: PyNaCl lets other threads run meanwhile."""
    verified = []
    for claim in claims:
        signature = claim.acknowledgement.signature
        try:
            signed = signature + claim.acknowledgement.signing_input()
            if len(signature) == nacl.bindings.crypto_sign_BYTES:
                nacl.bindings.crypto_sign_open(signed, claim.key)
                verified.append(claim.acknowledgement)
        except (nacl.exceptions.BadSignatureError, ProtocolError):
            continue
    return verified
