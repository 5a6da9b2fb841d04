"""The README's commands are run as they stand there, by a shell, in an empty folder; its links lead somewhere."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECONDS = 300.0
PORT = "8443"
"""The port in the README, which may be taken here: the test takes a free one instead."""


def section(title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert found is not None, f"the README has no section {title!r}"
    return found.group(1)


def script() -> str:
    blocks = re.findall(r"^```sh\n(.*?)^```$", section("Five minutes by hand"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "".join(blocks).replace(PORT, str(probe.getsockname()[1]))


def test_the_commands_of_the_five_minutes_by_hand_work(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ROGATORY_")}
    environment = clean | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    # `set -e` ends the script with the first command that fails; a session of its own, so that all of it can be ended.
    shell = subprocess.Popen(
        ["bash", "-euc", script()],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        said, _ = shell.communicate()
        pytest.fail(f"no end within {SECONDS:.0f} s; it said:\n{said[-4000:]}")
    finally:
        if shell.poll() is None or shell.returncode != 0:
            end_session(shell.pid)
    assert shell.returncode == 0, said[-4000:]
    for seen in (
        "2 of 2 signatures",
        "tz.central",
        "Certified copies follow in a sealed bag.",
        "relay's receipt",
        "acknowledged 2",
        "It could, from the second week.",
        "We meet in Kampala in March.",
    ):
        assert seen in said, f"{seen!r} is not shown; the end of what is:\n{said[-4000:]}"


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) >= 6
    missing = [link for link in links if not link.startswith("https:") and not (ROOT / link).exists()]
    assert not missing


def end_session(leader: int) -> None:
    """End what the shell left running: its background processes are in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
