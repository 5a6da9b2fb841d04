"""Every role's end is known, and spoken of while there is time to act."""

from datetime import timedelta

import pytest

from rogatory.keys.directory.expiry import DAY, expiries, expiry_warnings
from rogatory.keys.publishing.drafts import Terms
from tests.keys.simulator import DirectorySimulator


@pytest.fixture
def simulator() -> DirectorySimulator:
    terms = Terms(
        root=timedelta(days=730),
        targets=timedelta(days=365),
        network=timedelta(days=200),
        snapshot=timedelta(days=14),
        timestamp=timedelta(days=2),
    )
    simulator = DirectorySimulator(["ke.central"], terms=terms)
    simulator.add_network("gljcn", members=["ke.central"], coordinators=["ke.central"])
    return simulator


def test_every_role_has_its_end(simulator: DirectorySimulator) -> None:
    now = simulator.now().timestamp()
    days = {expiry.role: round((expiry.expires - now) / DAY) for expiry in expiries(simulator.directory())}
    assert days == {"root": 730, "targets": 365, "network-gljcn": 200, "snapshot": 14, "timestamp": 2}
    assert next(iter(expiries(simulator.directory()))).role == "timestamp"


@pytest.mark.parametrize(
    ("days", "roles"),
    [
        (0, []),
        (1.5, ["timestamp"]),
        (10, ["timestamp", "snapshot"]),
        (141, ["timestamp", "snapshot", "network-gljcn"]),
        (310, ["timestamp", "snapshot", "network-gljcn", "targets"]),
        (650, ["timestamp", "snapshot", "network-gljcn", "targets", "root"]),
    ],
)
def test_the_nearest_end_is_warned_of_first(simulator: DirectorySimulator, days: float, roles: list[str]) -> None:
    found = expiry_warnings(simulator.directory(), simulator.now().timestamp() + days * DAY)
    assert [warning.role for warning in found] == roles


def test_a_warning_says_what_when_and_who_acts(simulator: DirectorySimulator) -> None:
    directory = simulator.directory()
    ends = directory.role_expires
    (timestamp, snapshot, network) = expiry_warnings(directory, ends["network-gljcn"] - 42 * DAY)
    assert "the directory's network-gljcn runs out in 42 days, on 2" in network.message
    assert "the network's coordinators must sign it again" in network.message
    assert not network.expired
    assert "the directory's timestamp ran out" in timestamp.message
    assert "the publisher is late" in timestamp.message
    assert timestamp.expired
    assert snapshot.expired
