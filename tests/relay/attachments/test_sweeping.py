"""What becomes of attachments: they stay as long as an entry that refers to them, and are then really gone."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import nacl.signing
import pytest_asyncio

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.header import Form
from rogatory.relay.blobs.objects import Objects
from rogatory.relay.config import RetentionSettings
from rogatory.relay.metrics import Metrics
from rogatory.relay.retention import Retention
from rogatory.relay.store.interface import BlobPart, Lane, NewEntry, Quotas, Store
from rogatory.relay.store.sqlite import SQLiteStore
from tests.relay.appender import Waiting, append
from tests.relay.conftest import KE, TZ

DAY = 24 * 3600 * 1000


class Log:
    """A channel of ke and tz in a store, beside a folder of objects."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.channel = os.urandom(32)
        self.folder = folder / "blobs"
        self.objects = Objects.open("blobs", folder)
        self.retention = Retention(
            store,
            self.objects,
            RetentionSettings(grace_days=7, max_age_days=400, attachment_days=60, unreferenced_days=3),
            Metrics(),
        )

    async def append(self, *blobs: bytes, founds: bool = False) -> tuple[int, bytes]:
        """An entry of ke; its seq and head."""
        access = [KE, TZ] if founds else None
        entry = NewEntry(
            self.channel,
            KE,
            0 if founds else 1,
            Form.MLS,
            founds,
            os.urandom(64),
            access,
            None,
            True,
            Lane(Waiting()),
            0,
            blobs,
        )
        receipt = (await append(self.store, entry)).receipt
        return receipt.seq, receipt.head

    async def blob(self, content: bytes) -> bytes:
        """A whole blob of ke."""
        blob = os.urandom(32)
        await self.store.create_blob(KE, blob, len(content))
        await self.objects.put(blob, "only", content)
        await self.store.add_part(KE, blob, BlobPart(0, len(content), "only"))
        return blob

    async def look(self, days: float) -> None:
        await self.retention.look(time.time_ns() // 1_000_000 + int(days * DAY))

    def kept(self) -> set[str]:
        """Ids of blobs with objects."""
        return {path.name for path in self.folder.iterdir() if path.is_dir()}


@pytest_asyncio.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    key = nacl.signing.SigningKey.generate()
    store = await SQLiteStore.open(
        tmp_path / "relay.db", "relay.one", lambda data: key.sign(data).signature, Quotas(1_000_000, 10, 500)
    )
    yield Log(store, tmp_path)
    await store.close()


async def test_a_blob_goes_with_the_last_entry_that_refers_to_it(log: Log) -> None:
    await log.append(founds=True)
    once, twice = await log.blob(b"once"), await log.blob(b"twice")
    seq, head = await log.append(once, twice)
    await log.store.acknowledge([Acknowledgement(log.channel, TZ, 1, seq, head, [])])
    await log.look(0)
    await log.append(twice)
    await log.look(59)
    assert log.kept() == {once.hex(), twice.hex()}
    await log.look(61)
    assert log.kept() == {twice.hex()}
    assert await log.store.readable_blob(TZ, twice)
    await log.look(401)
    assert log.kept() == set()


async def test_an_upload_that_nothing_refers_to_goes_after_its_term(log: Log) -> None:
    await log.append(founds=True)
    forgotten, named = await log.blob(b"forgotten"), await log.blob(b"named")
    await log.append(named)
    await log.look(2.9)
    assert log.kept() == {forgotten.hex(), named.hex()}
    await log.look(3.1)
    assert log.kept() == {named.hex()}


async def test_parts_that_a_crash_left_unrecorded_go_too(log: Log) -> None:
    blob = await log.blob(b"content")
    await log.objects.put(blob, "orphan", b"put, and never recorded")
    await log.store.drop_blob(KE, blob)
    await log.look(0)
    assert log.kept() == set()
    assert await log.store.doomed_blobs() == []


async def test_a_sweep_that_was_cut_off_goes_on(log: Log) -> None:
    blob = await log.blob(b"content")
    await log.store.drop_blob(KE, blob)
    await log.objects.delete(blob)
    assert await log.store.doomed_blobs() == [blob]
    await log.look(0)
    assert await log.store.doomed_blobs() == []


async def test_references_are_told_to_who_may_read_their_entries(log: Log) -> None:
    seq, _ = await log.append(founds=True)
    first, second = await log.blob(b"first"), await log.blob(b"second")
    await log.append(first)
    await log.append(first, second)
    found, last = await log.store.blob_references(TZ, 0)
    assert found == [(first, log.channel, seq + 1), (first, log.channel, seq + 2), (second, log.channel, seq + 2)]
    assert await log.store.blob_references(TZ, last) == ([], 0)
    assert await log.store.blob_references(KE, 0) == ([], 0), "its own are not told to who uploaded them"
    assert await log.store.blob_references("ug.central", 0) == ([], 0)
