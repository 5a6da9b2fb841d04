"""`make demo` as a user runs it: it shows everything in time, leaves nothing behind, and says what failed."""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from deploy.demo.relay_store import found_in

ROOT = Path(__file__).parents[2]
IN_TIME = 90.0
AT_MOST = 420.0
A_LITTLE = 20.0
DEMO = [sys.executable, "-m", "deploy.demo"]


class OthersWork:
    """How long this machine's cores worked for processes that this one did not start."""

    def __init__(self) -> None:
        self._begun = self._others()

    def seconds(self) -> float:
        return self._others() - self._begun

    @staticmethod
    def _others() -> float:
        busy, own = psutil.cpu_times(), os.times()
        whole = sum(busy) - busy.idle - getattr(busy, "iowait", 0.0) - getattr(busy, "guest", 0.0)
        return float(whole - own.user - own.system - own.children_user - own.children_system)


def environment(temporary: Path) -> dict[str, str]:
    return dict(os.environ) | {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}


def running(folder: Path, command: str = "") -> list[psutil.Process]:
    """Processes whose working folder is in `folder`, and whose command line contains `command`."""
    return [
        process
        for process in psutil.process_iter(["cwd", "cmdline"])
        if str(process.info["cwd"] or "").startswith(str(folder)) and command in " ".join(process.info["cmdline"] or ())
    ]


def left_running(folder: Path) -> list[str]:
    return [" ".join(process.info["cmdline"]) for process in running(folder)]


def test_the_demo_shows_the_main_job_in_time(tmp_path: Path) -> None:
    others = OthersWork()
    ended = subprocess.run(
        DEMO, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=AT_MOST, check=False
    )
    alone = others.seconds() < A_LITTLE
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    shown = re.sub(r"\s+", " ", ended.stdout)
    for line in (
        "3 trustees, any 2 of whom sign",
        "five nodes run",
        "GLJCN: opened by the node of ke.central, ke.central, tz.central, ug.central are in",
        "WACAP: opened by the node of ng.central, ng.central, sn.central are in",
        "tz.central has not acknowledged it",
        "ke.central holds the signed acknowledgement of tz.central's node",
        "and a receipt under the file number",
        "both sides see the request as executed",
        "tz.central has not: ug.central is not in",
        "both have signed, and ug.central is in: ke.central, tz.central, ug.central",
        "read by ke.central, tz.central, ug.central; one copy at the relay",
        "read by ng.central, sn.central; one copy at the relay",
        "as text, hexadecimal and base64: none is there",
        "relay and addressee signed the same head of the log",
    ):
        assert line in shown, f"{line!r} is not shown:\n{ended.stdout[-6000:]}"
    said = re.search(r"Everything was shown, in (\d+) s\.", shown)
    assert said is not None
    # On a machine that computes for others meanwhile, its time would say nothing about the demo.
    assert int(said[1]) < IN_TIME or not alone
    assert left_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_demo_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    demo = started(tmp_path)
    wait_until(demo, lambda: any(tmp_path.glob("*/trustees")))
    demo.send_signal(signal.SIGTERM)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "no process is left running" in said
    assert left_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_relay_that_dies_ends_the_demo_with_a_clear_message(tmp_path: Path) -> None:
    demo = started(tmp_path)
    wait_until(demo, lambda: bool(running(tmp_path, "rogatory-relay run")))
    for relay in running(tmp_path, "rogatory-relay run"):
        relay.kill()
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1, said
    assert "The demo failed: the relay ended with status -9" in said
    assert "Files and logs are left in" in said
    assert "Traceback" not in said
    assert left_running(tmp_path) == []


@pytest.mark.parametrize("before", range(4))
def test_the_search_of_the_relays_files_finds_what_is_there(tmp_path: Path, before: int) -> None:
    phrase, padding = "Mzizima Merchant Bank", b"." * before
    plain = padding + phrase.encode() + b"and more"
    for number, content in enumerate(
        (plain, plain.hex().encode(), base64.b64encode(plain), phrase.encode("utf-16-le"), phrase.encode("utf-16-be"))
    ):
        (tmp_path / str(number)).write_bytes(content)
    (tmp_path / "none").write_bytes(b"Mzizima Merchant")
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in found_in(files, phrase)] == ["0", "1", "2", "3", "4"]


def started(temporary: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        DEMO, cwd=ROOT, env=environment(temporary), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_until(demo: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + AT_MOST
    while not condition():
        assert demo.poll() is None, demo.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.05)
