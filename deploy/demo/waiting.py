"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from deploy.demo.errors import DemoFailed

T = TypeVar("T")


def eventually(what: str, seconds: float, probe: Callable[[], T | None], *, every: float = 0.1) -> T:
    """The first value that `probe` gives. Raises DemoFailed, saying `what` did not happen, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value is not None:
            return value
        if time.monotonic() > deadline:
            raise DemoFailed(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
