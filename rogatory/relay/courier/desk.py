"""Where a running relay takes and gives courier files; of one authority one at a time."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import BinaryIO, Final

import msgspec
import structlog

from rogatory.keys.courier import Direction, Sealer, Slip
from rogatory.keys.errors import CourierRefused
from rogatory.protocol.text import message
from rogatory.relay.courier.attachments import blobs_for, pieces_of
from rogatory.relay.courier.giving import records
from rogatory.relay.courier.journeys import Journeys
from rogatory.relay.courier.taking import Taken, check, take
from rogatory.relay.errors import Farewell, RelayError
from rogatory.relay.handshake import current_key
from rogatory.relay.mirror import Mirrored
from rogatory.relay.services import Services

FOLDER: Final = "courier"
_log = structlog.get_logger()


class NoDirectory(RelayError):
    """The relay mirrors no directory yet."""

    exit_code = 5


class CourierDesk:
    """See the module's text."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._journeys = Journeys(services.config.path(FOLDER))
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(self, file: BinaryIO) -> Taken:
        """Apply an authority's file. One that was taken before changes nothing. Raises CourierRefused, RelayError."""
        slip = await asyncio.to_thread(check, file, self._services, self._mirrored())
        async with self._busy[slip.authority]:
            journey = self._journeys.load(slip.authority)
            if slip.number == journey.taken:
                return Taken(authority=slip.authority, number=slip.number, before=True)
            if slip.number < journey.taken:
                raise CourierRefused(
                    message(
                        "the courier file of {authority} is older than one that was taken: have it exported anew",
                        authority=slip.authority,
                    )
                )
            file.seek(0)
            taken, journey = await take(file, slip, self._services, journey)
            await asyncio.to_thread(self._journeys.save, slip.authority, journey)
        self._services.metrics.courier_files.labels("taken").inc()
        _log.info(
            "courier_taken", accepted=taken.accepted, repeated=taken.repeated, refused=sum(taken.refused.values())
        )
        return taken

    async def give(self, authority: str, *, attachments: bool = True) -> AsyncIterator[bytes]:
        """The file for `authority`, piece by piece. Raises CourierRefused, RelayError, Refusal."""
        mirrored = self._mirrored()
        try:
            key_set, key = current_key(mirrored.directory, authority)
        except Farewell as farewell:
            raise CourierRefused(farewell.explanation) from None
        async with self._busy[authority]:
            journey = self._journeys.load(authority)
            number = max(journey.given + 1, time.time_ns() // 1_000_000)
            journey = msgspec.structs.replace(journey, given=number)
            await asyncio.to_thread(self._journeys.save, authority, journey)
            keys = self._services.keys
            slip = Slip(Direction.TO_AUTHORITY, keys.relay, authority, key_set, number, journey.taken)
            sealer = Sealer(key, slip, keys.identity.sign)
            yield sealer.begin()
            async for record in records(self._services, mirrored, authority, journey):
                yield sealer.add(record)
            if attachments:
                for blob in await blobs_for(self._services, authority, journey.cursors, journey.wanted):
                    async for piece in pieces_of(self._services, authority, blob):
                        yield sealer.add(piece)
            yield sealer.finish()
        self._services.metrics.courier_files.labels("given").inc()
        _log.info("courier_given")

    def _mirrored(self) -> Mirrored:
        mirrored = self._services.mirror.current
        if mirrored is None:
            raise NoDirectory(message("this relay has no directory yet: import the publisher's bundle first"))
        return mirrored
