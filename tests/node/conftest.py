"""A small network of real processes, shared by all tests that ask it nothing strange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess


@dataclass
class SmallNetwork:
    """One relay, the nodes of ke, tz and ug, and GLJCN, which ke coordinates."""

    simulator: DirectorySimulator
    relay: RelayProcess
    ke: NodeProcess
    tz: NodeProcess
    ug: NodeProcess


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallNetwork]:
    folder: Path = tmp_path_factory.mktemp("network")
    authorities = ["ke.central", "tz.central", "ug.central"]
    simulator = DirectorySimulator(authorities)
    simulator.add_network("gljcn", members=authorities, coordinators=["ke.central"])
    with RelayProcess(folder / "relay", simulator) as relay:
        ke, tz, ug = (NodeProcess(folder / name[:2], simulator, name, relay_urls=[relay.url]) for name in authorities)
        with tz, ug:
            for node in (tz, ug):
                node.wait_online()
            # The coordinator last: it finds the others' key packages and need not ask again.
            with ke:
                ke.wait_online()
                yield SmallNetwork(simulator, relay, ke, tz, ug)
