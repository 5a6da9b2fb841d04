"""What a client accepts, keeps and serves on, and what time does to it."""

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from rogatory.keys.directory import bundle as bundles
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import (
    DirectoryExpired,
    DirectoryTooStale,
    IncompleteBundle,
)
from rogatory.keys.publishing.drafts import Terms
from tests.keys.directory.forging import refused
from tests.keys.simulator import DirectorySimulator

# Accepted


def test_a_refresh_is_kept_and_read_again_after_a_restart(simulator: DirectorySimulator, tmp_path: Path) -> None:
    simulator.trusted(tmp_path)
    directory = TrustedDirectory(tmp_path, simulator.root).load()
    assert [entry.id for entry in directory.authorities()] == ["ke.central", "tz.central", "ug.central"]
    assert directory.targets_version == simulator.directory().targets_version
    assert directory.relay("relay.one").identity == simulator.relay_keys().identity.public


def test_the_same_bundle_again_is_no_rollback(simulator: DirectorySimulator, trusted: TrustedDirectory) -> None:
    assert trusted.refresh(simulator.bundle()).timestamp_version == trusted.load().timestamp_version


def test_what_is_accepted_is_served_on_and_accepted_elsewhere(
    simulator: DirectorySimulator, trusted: TrustedDirectory, tmp_path: Path
) -> None:
    elsewhere = TrustedDirectory(tmp_path / "elsewhere", simulator.root)
    assert elsewhere.refresh(trusted.bundle()).targets_version == trusted.load().targets_version
    assert bundles.etag(elsewhere.bundle()) == bundles.etag(trusted.bundle())


def test_roots_rotated_while_a_client_was_away_are_followed(
    simulator: DirectorySimulator, trusted: TrustedDirectory
) -> None:
    for _ in range(5):
        simulator.rotate_trustees()
    simulator.add_authority("rw.central")
    directory = trusted.refresh(simulator.bundle())
    assert directory.root_version == 6
    assert directory.authority("rw.central").id == "rw.central"


def test_trust_may_begin_at_a_later_root(simulator: DirectorySimulator, tmp_path: Path) -> None:
    simulator.rotate_trustees()
    later = simulator.repository.published["metadata/2.root.json"]
    simulator.rotate_trustees()
    assert TrustedDirectory(tmp_path, later).refresh(simulator.bundle()).root_version == 3


def test_unknown_fields_of_a_later_edition_are_ignored(simulator: DirectorySimulator) -> None:
    data = msgspec.json.decode(msgspec.json.encode(simulator.directory().authority("ke.central")))
    data["invented_later"] = {"a": [1]}
    entry = type(simulator.directory().authority("ke.central"))
    assert msgspec.json.decode(msgspec.json.encode(data), type=entry).id == "ke.central"


def test_nothing_is_trusted_before_the_first_refresh(simulator: DirectorySimulator, tmp_path: Path) -> None:
    with pytest.raises(IncompleteBundle):
        TrustedDirectory(tmp_path, simulator.root).load()


# Time


def test_an_expired_directory_is_refused_and_the_old_one_stays(
    simulator: DirectorySimulator, trusted: TrustedDirectory
) -> None:
    simulator.expire()
    assert "clock" in refused(trusted, simulator.bundle(), DirectoryExpired)


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_each_top_level_role_may_run_out(tmp_path: Path, role: str) -> None:
    past: dict[str, timedelta] = {role: timedelta(hours=-1)}
    simulator = DirectorySimulator(terms=Terms(**past))
    with pytest.raises(DirectoryExpired):
        TrustedDirectory(tmp_path, simulator.root).refresh(simulator.bundle())


def test_a_network_that_runs_out_stops_only_itself(tmp_path: Path) -> None:
    simulator = DirectorySimulator(terms=Terms(network=timedelta(hours=-1)))
    simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"])
    directory = simulator.trusted(tmp_path).load()
    now = simulator.now().timestamp()
    directory.may_trust_new(now)
    with pytest.raises(DirectoryExpired, match="gljcn"):
        directory.may_trust_new(now, "gljcn")


def test_expired_metadata_blocks_new_trust_and_later_sending(
    simulator: DirectorySimulator, trusted: TrustedDirectory
) -> None:
    directory = trusted.load()
    end = directory.timestamp_expires
    assert directory.expires == end
    directory.may_trust_new(end - 1)
    directory.may_send(end + directory.max_stale_seconds)
    with pytest.raises(DirectoryExpired):
        directory.may_trust_new(end)
    with pytest.raises(DirectoryTooStale):
        directory.may_send(end + directory.max_stale_seconds + 1)
    assert directory.authority("ke.central").id == "ke.central"


def test_an_expired_stored_directory_stays_readable(tmp_path: Path) -> None:
    simulator = DirectorySimulator(terms=Terms(timestamp=timedelta(seconds=2)))
    simulator.trusted(tmp_path)
    end = simulator.directory().expires
    while time.time() <= end:
        time.sleep(0.1)
    stored = TrustedDirectory(tmp_path, simulator.root)
    assert stored.load().authority("ke.central").id == "ke.central"
    with pytest.raises(DirectoryExpired):
        stored.refresh(simulator.bundle())
    simulator.repository.terms = Terms()
    simulator.renew()
    assert stored.refresh(simulator.bundle()).timestamp_version == 2
