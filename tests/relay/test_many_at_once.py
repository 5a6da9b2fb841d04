"""What one transaction looks up and writes in large steps and in the small ones that are left."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from rogatory.keys.identity import RelayKeys
from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.header import Form
from rogatory.relay.store.interface import Lane, NewEntry, Quotas
from rogatory.relay.store.sqlite import SQLiteStore
from tests.relay.appender import Waiting, append
from tests.relay.conftest import KE, TZ


async def test_hundreds_of_repetitions_among_new_entries_are_found(tmp_path: Path) -> None:
    key = RelayKeys.generate("relay.one", os.urandom).receipt
    store = await SQLiteStore.open(tmp_path / "relay.db", "relay.one", key.sign, Quotas(1 << 30, 10, 10))
    channel, lane = os.urandom(32), Lane(Waiting())

    def entry(body: bytes, base: int = 1) -> NewEntry:
        access = None if base else [KE, TZ]
        return NewEntry(channel, KE, base, Form.MLS, access is not None, body, access, None, True, lane)

    try:
        await append(store, entry(b"the founding commit", 0))
        bodies = [os.urandom(40) for _ in range(700)]
        first = await asyncio.gather(*(append(store, entry(body)) for body in bodies[:350]))
        again = await asyncio.gather(*(append(store, entry(body)) for body in bodies))
        assert [placed.receipt.seq for placed in first] == list(range(2, 352))
        assert [placed.receipt.seq for placed in again] == list(range(2, 702))
        assert [placed.repeated for placed in again] == [True] * 350 + [False] * 350
        page = await store.entries(channel, TZ, 0, 1 << 20)
        assert [one.body for one in page.entries[1:]] == bodies[: len(page.entries) - 1]
    finally:
        await store.close()


async def test_what_is_judged_beside_a_repetition_is_judged_by_the_log_as_it_stands(tmp_path: Path) -> None:
    key = RelayKeys.generate("relay.one", os.urandom).receipt
    store = await SQLiteStore.open(tmp_path / "relay.db", "relay.one", key.sign, Quotas(1 << 30, 10, 10))
    channel, access = os.urandom(32), [KE, TZ]
    lanes = {KE: Lane(Waiting()), TZ: Lane(Waiting())}

    def entry(author: str, body: bytes, base: int = 1) -> NewEntry:
        commit = None if base else access
        return NewEntry(channel, author, base, Form.MLS, not base, body, commit, None, True, lanes[author])

    invitation = Invitation(b"info", [Joiner(KE, b"secrets")])
    inviting = NewEntry(channel, TZ, 1, Form.MLS, True, b"c", access, invitation, False, lanes[TZ], seen=2)
    try:
        await append(store, entry(KE, b"the founding commit", 0))
        await append(store, entry(KE, b"sent, and its receipt lost"))
        once_more, invited, after = await asyncio.gather(
            append(store, entry(KE, b"sent, and its receipt lost")),
            append(store, inviting),  # as if the repetition were an entry 3, it would be refused
            append(store, entry(KE, b"new", 3)),
        )
        assert (once_more.receipt.seq, once_more.repeated) == (2, True)
        assert (invited.receipt.seq, invited.repeated) == (3, False)
        assert (after.receipt.seq, after.repeated) == (4, False)
    finally:
        await store.close()
