"""Appends to a store, one awaited like any other call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rogatory.protocol.receipt import Receipt
from rogatory.relay.store.interface import Answers, NewEntry, Store


@dataclass(frozen=True, slots=True)
class Appended:
    """Where an entry stands, durably; `repeated` if it stood there before."""

    receipt: Receipt
    repeated: bool


class Waiting:
    """An appender whose entries are awaited one by one; it numbers them itself."""

    def __init__(self) -> None:
        self._answers: dict[int, asyncio.Future[Appended]] = {}

    def append(self, store: Store, entry: NewEntry) -> asyncio.Future[Appended]:
        """What becomes of the entry; it is in the store's queue when this returns."""
        entry.ref = len(self._answers)
        future = self._answers[entry.ref] = asyncio.get_running_loop().create_future()
        store.append(entry)
        return future

    def answered(self, answers: Answers) -> None:
        receipts = [] if answers.receipts is None else answers.receipts.each()
        for entry, receipt in zip(answers.accepted, receipts, strict=True):
            self._answers[entry.ref].set_result(Appended(receipt, entry.ref in answers.repeated))
        for entry, error in answers.refused:
            self._answers[entry.ref].set_exception(error)


def append(store: Store, entry: NewEntry) -> asyncio.Future[Appended]:
    """The same, for an entry whose lane belongs to a `Waiting`."""
    appender = entry.lane.appender
    assert isinstance(appender, Waiting)
    return appender.append(store, entry)
