"""The environment of a process whose clock is wrong, or which runs later than now."""

from __future__ import annotations

import os
from pathlib import Path


def moved_clock(seconds: float) -> dict[str, str]:
    """For a Python process whose clock is `seconds` ahead (negative: behind)."""
    path = [str(Path(__file__).with_name("clock")), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {"PYTHONPATH": os.pathsep.join(part for part in path if part), "ROGATORY_TEST_CLOCK": str(seconds)}
