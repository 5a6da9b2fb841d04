"""A directory of three authorities and a network, and a client that trusts it."""

from pathlib import Path

import pytest

from rogatory.keys.directory.trust import TrustedDirectory
from tests.keys.simulator import DirectorySimulator


@pytest.fixture
def simulator() -> DirectorySimulator:
    simulator = DirectorySimulator(["ke.central", "tz.central", "ug.central"])
    simulator.add_network("gljcn", members=["ke.central", "tz.central"], coordinators=["ke.central"])
    return simulator


@pytest.fixture
def trusted(simulator: DirectorySimulator, tmp_path: Path) -> TrustedDirectory:
    return simulator.trusted(tmp_path)
