"""Three authorities round a log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keys.simulator import DirectorySimulator
from tests.node.offices import Offices

AUTHORITIES = ("ke.central", "tz.central", "ug.central")


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    opened = Offices(tmp_path, DirectorySimulator(AUTHORITIES), *AUTHORITIES)
    yield opened
    opened.close()
