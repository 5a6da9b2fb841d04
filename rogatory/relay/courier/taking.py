"""Taking an authority's file: its frames go through a session like any other's; the answers are kept for the return."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any, BinaryIO, Final

import msgspec

from rogatory.keys.courier import (
    Carried,
    Direction,
    Piece,
    Record,
    Slip,
    Wanted,
    check_piece,
    request_digest,
    unseal,
    verified,
)
from rogatory.keys.errors import CourierRefused
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import Append, ClientFrame, Credit, FetchToken, Hello, Proof, Resume
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame, encode_frame
from rogatory.protocol.frames.server import Accepted, AcceptedTogether, Code, Refused, ServerFrame
from rogatory.protocol.limits import APPENDS_IN_FLIGHT, MIB
from rogatory.protocol.text import message, text_of
from rogatory.relay.courier.attachments import take_blob
from rogatory.relay.courier.journeys import Journey
from rogatory.relay.errors import Farewell, Refusal
from rogatory.relay.handshake import current_key
from rogatory.relay.mirror import Mirrored
from rogatory.relay.services import Services
from rogatory.relay.session import Session

MAX_REQUESTS: Final = 100_000
MAX_ANSWERS: Final = 64 * MIB
"""Bytes of the answers to a file's requests, which wait in memory: what is asked beyond that is refused."""

_TOO_LONG: Final = message("the answers to this file are as many as a file holds: ask for the rest with the next one")
_UNCALLED_FOR: Final = (Hello, Proof, Credit, FetchToken)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file. `refused`: number of requests and attachments by code; `before`: it was taken before."""

    authority: str
    number: int
    before: bool = False
    accepted: int = 0
    repeated: int = 0
    attachments: int = 0
    refused: dict[str, int] = {}


def check(file: BinaryIO, services: Services, mirrored: Mirrored) -> Slip:
    """Verify a whole file before anything in it is used; blocks. Raises CourierRefused."""
    relay = services.keys.relay

    def sender(slip: Slip, _: bytes) -> bytes:
        if slip.relay != relay:
            raise CourierRefused(
                message("the courier file is for {relay}, this is {here}: take it there", relay=slip.relay, here=relay)
            )
        try:
            key_set, key = current_key(mirrored.directory, slip.authority)
        except Farewell as farewell:
            raise CourierRefused(
                message("the courier file is refused: {explanation}", explanation=farewell.explanation)
            ) from None
        if slip.key_set != key_set:
            raise CourierRefused(
                message(
                    "the courier file is signed with key set {key_set} of {authority}, {ours} is in force:"
                    " have it exported anew",
                    key_set=slip.key_set,
                    authority=slip.authority,
                    ours=key_set,
                )
            )
        return key

    requests = 0

    def look(record: Record) -> None:
        nonlocal requests
        if isinstance(record, Piece | Wanted):
            check_piece(record)
            requests += isinstance(record, Wanted)
            return
        frame = _frame(record)
        requests += hasattr(frame, "ref")
        if isinstance(frame, _UNCALLED_FOR) or requests > MAX_REQUESTS:
            raise CourierRefused(message("the courier file holds frames that none may hold, or too many"))

    return verified(file, services.keys.identity_seed, Direction.TO_RELAY, sender, look)[0]


async def take(file: BinaryIO, slip: Slip, services: Services, journey: Journey) -> tuple[Taken, Journey]:
    """Apply a file that was checked; gives what is to be remembered. Repeatable. Raises CourierRefused."""
    answering = _Answering()
    session = Session(services, slip.authority, slip.key_set, answering.receive, number=0)
    cursors: dict[bytes, int] = {}
    wanted: list[bytes] = []
    try:
        records = _read(unseal(file, services.keys.identity_seed))
        record = await anext(records, None)
        while record is not None:
            if isinstance(record, Piece):
                blob = record.blob
                refusal, record = await take_blob(services, slip.authority, record, records)
                answering.blob(blob, refusal)
                continue
            if isinstance(record, Wanted):
                wanted.append(record.blob)
            elif isinstance(record, Carried):
                frame = _frame(record)
                if isinstance(frame, Resume):
                    cursors[frame.channel] = frame.after
                elif (asked := await answering.asked(frame, record.frame, session)) is not None:
                    await session.receive(encode_frame(asked))
            record = await anext(records, None)
        await answering.all_answered(session)
    except Farewell as farewell:
        raise CourierRefused(
            message("the relay cannot go on with the courier file: {explanation}", explanation=farewell.explanation)
        ) from None
    finally:
        session.close()
    if answering.refused[Code.UNAVAILABLE.value]:
        raise CourierRefused(message("the relay cannot write to its database now: take the file again later"))
    taken = Taken(
        authority=slip.authority,
        number=slip.number,
        accepted=answering.accepted,
        repeated=answering.repeated,
        attachments=answering.attachments,
        refused=dict(answering.refused),
    )
    return taken, Journey(slip.number, journey.given, cursors, answering.answers, wanted)


class _Answering:
    """The session's far end: numbers requests, and keeps the answer to each by the request's digest."""

    def __init__(self) -> None:
        self.answers: list[tuple[bytes, bytes]] = []
        self.accepted = self.repeated = self.attachments = 0
        self.refused: Counter[str] = Counter()
        self._open: dict[int, bytes] = {}
        self._last = 0
        self._size = 0
        self._answered = asyncio.Event()

    async def asked(self, frame: ClientFrame, encoded: bytes, session: Session) -> ClientFrame | None:
        """The frame with a number of its own, once there is room for a further request; None if it was refused.

        Appends go together; of what is answered at length only one thing is under way. Raises Farewell.
        """
        if not hasattr(frame, "ref"):
            return frame
        together = APPENDS_IN_FLIGHT // 2 if isinstance(frame, Append) else 1
        while len(self._open) >= together:
            await self._answer_comes(session)
        if self._size >= MAX_ANSWERS:
            self._refuse(request_digest(encoded), Refusal(Code.RATE, _TOO_LONG))
            return None
        self._last += 1
        self._open[self._last] = request_digest(encoded)
        return msgspec.structs.replace(frame, ref=self._last)

    async def receive(self, data: bytes) -> None:
        """What the session sends."""
        frame = decode_server_frame(data)
        for each in frame.each() if isinstance(frame, AcceptedTogether) else [frame]:
            self._answer(each)
        self._answered.set()

    def _answer(self, frame: ServerFrame) -> None:
        digest = self._open.pop(getattr(frame, "ref", 0), None)
        if digest is None:
            return
        self._keep(digest, frame)
        if isinstance(frame, Accepted):
            self.accepted += not frame.repeated
            self.repeated += frame.repeated

    def _refuse(self, request: bytes, refusal: Refusal) -> None:
        self._keep(request, Refused(0, refusal.code, refusal.explanation))

    def _keep(self, request: bytes, frame: ServerFrame) -> None:
        encoded = encode_frame(frame)
        self._size += len(encoded)
        self.answers.append((request, encoded))
        if isinstance(frame, Refused):
            self.refused[frame.code.value] += 1

    def blob(self, blob: bytes, refusal: Refusal | None) -> None:
        """What became of an attachment."""
        if refusal is None:
            self.attachments += 1
        else:
            self._refuse(blob, refusal)

    async def all_answered(self, session: Session) -> None:
        """Wait for the last answer. Raises Farewell if the session ends before."""
        while self._open:
            await self._answer_comes(session)

    async def _answer_comes(self, session: Session) -> None:
        self._answered.clear()  # before anything else runs: an answer must not come between
        waiting = asyncio.ensure_future(self._answered.wait())
        ends: list[asyncio.Future[Any]] = [waiting, session.ended]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if session.ended.done():
            raise session.ended.result() or Farewell(Code.UNAVAILABLE, "its session ended")


async def _read(records: Iterator[Record]) -> AsyncIterator[Record]:
    while (record := await asyncio.to_thread(next, records, None)) is not None:
        yield record


def _frame(record: Record) -> ClientFrame:
    if not isinstance(record, Carried):
        raise CourierRefused(message("the courier file holds what no authority's file holds"))
    try:
        return decode_client_frame(record.frame)
    except MalformedError as error:
        raise CourierRefused(
            message("the courier file holds no frame where one should be: {error}", error=text_of(error))
        ) from None
