"""What the store does, by the tests of the SQLite one: retention, coverage, quotas."""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.relay.store.postgresql import PostgreSQLStore
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
