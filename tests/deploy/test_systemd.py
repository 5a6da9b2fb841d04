"""The systemd units are hardened, and run commands that exist."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.programs import program

UNITS = sorted((Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service"))


def test_there_is_a_unit_for_each_service() -> None:
    assert [unit.stem for unit in UNITS] == ["rogatory-node", "rogatory-publisher", "rogatory-relay"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_exposure_is_below_two(unit: Path) -> None:
    # The threshold counts in tenths.
    done = subprocess.run(
        [program("systemd-analyze"), "security", "--offline=true", "--no-pager", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert told is not None, done.stdout + done.stderr
    assert float(told[1]) < 2.0
    assert done.returncode == 0, done.stdout[-500:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_what_it_runs_exists_and_ends_in_order(unit: Path) -> None:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[method-assign, assignment]
    parsed.read(unit)
    service = parsed["Service"]
    line = service["ExecStart"].removeprefix("/opt/rogatory/bin/")
    command = line.partition(" --")[0].split()
    options = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:], "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    ).stdout
    assert all(option in options for option in re.findall(r"--[a-z-]+", line))
    assert int(service["TimeoutStopSec"]) >= 30, "SIGTERM is answered in up to 30 seconds (API.md)"
    assert service["User"] != "root"
    assert "passphrase=" not in line
