"""What the store does, by the tests of the SQLite one: retention, coverage, quotas."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.relay.store.postgresql.store import PostgreSQLStore
from rogatory.relay.store.postgresql.upkeep import ROWS_AT_ONCE
from tests.relay.conftest import KE, TZ, UG
from tests.relay.postgresql.conftest import OpenReplica
from tests.relay.test_retention import (
    Log,
    test_a_member_need_not_acknowledge_its_own_entries,
    test_bodies_go_once_all_members_acknowledged_and_the_grace_period_is_over,
    test_headers_stay,
    test_invitations_go_with_their_commits,
    test_old_invitations_and_key_packages_go,
    test_what_is_too_old_goes_in_any_case,
    test_what_went_counts_against_the_quota_no_longer,
    test_who_left_is_not_waited_for_and_who_joined_only_from_there_on,
)

__all__ = [
    "test_a_member_need_not_acknowledge_its_own_entries",
    "test_bodies_go_once_all_members_acknowledged_and_the_grace_period_is_over",
    "test_headers_stay",
    "test_invitations_go_with_their_commits",
    "test_old_invitations_and_key_packages_go",
    "test_what_is_too_old_goes_in_any_case",
    "test_what_went_counts_against_the_quota_no_longer",
    "test_who_left_is_not_waited_for_and_who_joined_only_from_there_on",
]


@pytest.fixture
def log(store: PostgreSQLStore, tmp_path: Path) -> Log:
    return Log(store, tmp_path)


async def test_a_log_longer_than_one_step_of_retention_goes_entirely(log: Log) -> None:
    await log.append(KE, base=0, access=[KE, TZ])
    await asyncio.gather(*(log.append(KE, os.urandom(50)) for _ in range(ROWS_AT_ONCE + 100)))
    await log.acknowledge(TZ, ROWS_AT_ONCE + 101)
    await log.look()
    assert await log.look(8) > ROWS_AT_ONCE
    rows = await log.store.headers(log.channel, TZ, 0, 1 << 40)
    assert len(rows) == ROWS_AT_ONCE + 101
    assert await log.readable(TZ) == []


async def test_one_replica_at_a_time_does_retention(replica: OpenReplica, tmp_path: Path) -> None:
    logs = [Log(await replica(), tmp_path) for _ in range(3)]
    await logs[0].append(KE, base=0, access=[KE, TZ])
    for _ in range(20):
        await logs[0].append(KE)
    await logs[0].acknowledge(TZ, 21)
    await logs[0].look()
    deleted = await asyncio.gather(*(log.look(8) for log in logs))
    assert sum(deleted) == 21 + 1, "each body once, and the mark"
    assert await logs[0].readable(TZ) == []


async def test_the_last_two_joiners_take_their_invitation_at_two_replicas(replica: OpenReplica, tmp_path: Path) -> None:
    log, other = Log(await replica(), tmp_path), await replica()
    for _ in range(5):
        log.channel = os.urandom(32)
        invitation = Invitation(b"i" * 100_000, [Joiner(TZ, b"t"), Joiner(UG, b"u")])
        await log.append(KE, base=0, access=[KE, TZ, UG], invitation=invitation)
        for_tz, for_ug = await log.store.next_invitation(TZ, 0), await other.next_invitation(UG, 0)
        assert for_tz is not None
        assert for_ug is not None
        await asyncio.gather(log.store.take_invitations(TZ, [for_tz.id]), other.take_invitations(UG, [for_ug.id]))
    await log.append(KE, os.urandom(900_000))  # nothing but bodies counts against the quota now
