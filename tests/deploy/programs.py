"""Programs from the distribution that some tests run. Where one is absent, the test is not run and says so; continuous
integration requires all (ROGATORY_REQUIRE_PROGRAMS)."""

from __future__ import annotations

import os
import shutil

import pytest


def program(name: str) -> str:
    """Where it is."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is not None:
        return found
    if os.environ.get("ROGATORY_REQUIRE_PROGRAMS"):
        pytest.fail(f"{name} is not installed: apt-get install caddy nginx-light systemd")
    pytest.skip(f"NOT CHECKED: {name} is not installed (apt-get install caddy nginx-light systemd)")
