"""What goes, when it goes, and that it is gone from the disk."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import nacl.signing
import pytest
import pytest_asyncio

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.header import Form
from rogatory.relay.blobs.objects import Objects
from rogatory.relay.config import RetentionSettings
from rogatory.relay.errors import Refusal
from rogatory.relay.metrics import Metrics
from rogatory.relay.retention import Retention
from rogatory.relay.store.interface import Lane, NewEntry, Quotas, Store
from rogatory.relay.store.sqlite import SQLiteStore
from tests.relay.appender import Appended, Waiting, append
from tests.relay.conftest import KE, NG, TZ, UG

DAY = 24 * 3600 * 1000


class Log:
    """A store, and a channel in it that `KE` founded."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store = store
        self.path = path
        self.channel = os.urandom(32)
        self.heads: dict[int, bytes] = {}
        objects = Objects.open("blobs", path)
        self.retention = Retention(store, objects, RetentionSettings(grace_days=7, max_age_days=400), Metrics())

    async def append(
        self,
        author: str,
        body: bytes | None = None,
        *,
        base: int = 1,
        access: list[str] | None = None,
        invitation: Invitation | None = None,
    ) -> Appended:
        entry = NewEntry(
            self.channel,
            author,
            base,
            Form.MLS,
            access is not None,
            body if body is not None else os.urandom(500),
            access,
            invitation,
            True,
            Lane(Waiting()),
        )
        appended = await append(self.store, entry)
        self.heads[appended.receipt.seq] = appended.receipt.head
        return appended

    async def acknowledge(self, member: str, seq: int) -> None:
        assert await self.store.acknowledge([Acknowledgement(self.channel, member, 1, seq, self.heads[seq], [])]) == []

    async def readable(self, reader: str) -> list[int]:
        """Seqs whose bodies `reader` still gets."""
        page = await self.store.entries(self.channel, reader, 0, 1 << 30)
        return [entry.seq for entry in page.entries if entry.body is not None]

    async def look(self, days: float = 0) -> int:
        return await self.retention.look(time.time_ns() // 1_000_000 + int(days * DAY))


@pytest_asyncio.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    key = nacl.signing.SigningKey.generate()
    store = await SQLiteStore.open(
        tmp_path / "relay.db", "relay.one", lambda data: key.sign(data).signature, Quotas(1_000_000, 10, 500)
    )
    yield Log(store, tmp_path)
    await store.close()


async def test_bodies_go_once_all_members_acknowledged_and_the_grace_period_is_over(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ, UG])
    for _ in range(4):
        await log.append(KE)
    await log.acknowledge(TZ, 5)
    await log.acknowledge(UG, 3)
    await log.look()
    assert await log.readable(TZ) == [1, 2, 3, 4, 5]
    await log.look(6.9)
    assert await log.readable(TZ) == [1, 2, 3, 4, 5]
    await log.look(7.1)
    assert await log.readable(TZ) == [4, 5]
    page = await log.store.entries(log.channel, TZ, 0, 1 << 30)
    assert [entry.seq for entry in page.entries] == [1, 2, 3, 4, 5]
    assert page.entries[0].body_hash is not None
    await log.acknowledge(UG, 5)
    await log.look(6.9)
    assert await log.readable(TZ) == [4, 5]
    await log.look(7.1)
    assert await log.readable(TZ) == []


async def test_headers_stay(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    await log.append(KE)
    before = await log.store.headers(log.channel, TZ, 0, 10)
    await log.acknowledge(TZ, 2)
    await log.look()
    await log.look(8)
    assert await log.readable(TZ) == []
    assert await log.store.headers(log.channel, TZ, 0, 10) == before


async def test_a_member_need_not_acknowledge_its_own_entries(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    await log.append(TZ)
    await log.append(KE)
    await log.acknowledge(TZ, 3)
    await log.look()
    await log.look(8)
    assert await log.readable(KE) == [2]  # KE has not said that it read TZ's
    await log.acknowledge(KE, 2)
    await log.look()
    await log.look(16)
    assert await log.readable(KE) == []


async def test_who_left_is_not_waited_for_and_who_joined_only_from_there_on(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, NG, TZ])
    await log.append(KE)
    await log.append(KE, access=[KE, NG, UG])
    await log.look()
    await log.look(8)
    assert await log.readable(TZ) == [1, 2, 3]
    await log.acknowledge(NG, 3)  # from now on the removal counts
    await log.append(KE, base=3)
    await log.look()
    await log.look(8)
    assert await log.readable(TZ) == [3]
    assert await log.readable(UG) == [3, 4]


async def test_what_is_too_old_goes_in_any_case(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    await log.append(KE)
    await log.look(399)
    assert await log.readable(TZ) == [1, 2]
    await log.look(401)
    assert await log.readable(TZ) == []


async def test_a_log_longer_than_one_transaction_of_retention_goes_entirely(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    for _ in range(1200):
        await log.append(KE, os.urandom(20))
    await log.acknowledge(TZ, 1201)
    await log.look()
    await log.look(8)
    assert await log.readable(TZ) == []


async def test_invitations_go_with_their_commits(log: Log) -> None:
    invitation = Invitation(b"info", [Joiner(TZ, b"secrets")])
    await log.append(KE, base=0, access=[KE, TZ], invitation=invitation)
    assert await log.store.next_invitation(TZ, 0) is not None
    await log.acknowledge(TZ, 1)
    await log.look()
    await log.look(8)
    assert await log.store.next_invitation(TZ, 0) is None


async def test_old_invitations_and_key_packages_go(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ], invitation=Invitation(b"info", [Joiner(TZ, b"secrets")]))
    await log.store.publish(TZ, [b"key package"], None, False)
    await log.look(401)
    assert await log.store.next_invitation(TZ, 0) is None
    assert (await log.store.stock(TZ)).left == 0


async def test_what_went_counts_against_the_quota_no_longer(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    for _ in range(9):
        await log.append(KE, os.urandom(100_000))
    with pytest.raises(Refusal, match="limit"):
        await log.append(KE, os.urandom(100_000))
    await log.acknowledge(TZ, 10)
    await log.look()
    await log.look(8)
    await log.append(KE, os.urandom(100_000))


async def test_deleted_bodies_are_gone_from_the_disk(log: Log) -> None:
    secret = b"ciphertext to be forgotten " + os.urandom(16)
    await log.append(KE, base=0, access=[KE, TZ])
    for body in (secret, secret * 100 + b"2"):
        await log.append(KE, body)
    on_disk = b"".join(path.read_bytes() for path in log.path.glob("relay.db*"))
    assert secret in on_disk
    await log.acknowledge(TZ, 3)
    await log.look()
    assert await log.look(8) > 0
    on_disk = b"".join(path.read_bytes() for path in log.path.glob("relay.db*"))
    assert secret not in on_disk
    with sqlite3.connect(log.path / "relay.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_body_that_went_never_comes_back_as_another(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    await log.acknowledge(TZ, 1)
    await log.look()
    await log.look(8)
    await log.store.close()
    key = nacl.signing.SigningKey.generate()
    log.store = await SQLiteStore.open(
        log.path / "relay.db", "relay.one", lambda data: key.sign(data).signature, Quotas(1_000_000, 10, 500)
    )
    await log.append(KE)
    assert await log.readable(TZ) == [2]
    await log.store.close()
    log.store = await SQLiteStore.open(
        log.path / "relay.db", "relay.one", lambda data: key.sign(data).signature, Quotas(1_000_000, 10, 500)
    )
