"""The runbook's commands are run as they stand there, in a folder with a relay and a node."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess
from tests.scenarios.test_readme import end_session

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")
SECONDS = 300.0

SERVICES = """
start() {
    case $1 in
        relay) rogatory-relay run --config relay/relay.toml >> relay.log 2>&1 & echo $! > relay.pid ;;
        node) rogatory-node run --folder ke >> ke.log 2>&1 & echo $! > node.pid ;;
    esac
}
stop() { kill "$(cat $1.pid)"; wait "$(cat $1.pid)" || true; }
"""
STARTED = """
start relay
start node
until rogatory-node status --folder ke 2>/dev/null | grep -q open; do sleep 1; done
"""


def blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def script() -> str:
    commands = blocks(RUNBOOK)
    assert len(commands) >= 5
    return "".join([SERVICES, STARTED, *commands, "stop node\nstop relay\n"])


def test_the_commands_of_the_runbook_work(tmp_path: Path) -> None:
    simulator = DirectorySimulator(["ke.central", "tz.central"], ["relay.lakes"])
    relay = RelayProcess(tmp_path / "relay", simulator, "relay.lakes")
    node = NodeProcess(tmp_path / "ke", simulator, "ke.central", relay_urls=[relay.url])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ROGATORY_")}
    environment = clean | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "ROGATORY_NODE_PASSPHRASE_FILE": str(node.passphrase_file),
    }
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
    for seen in ("checked:", "written: backups/relay.db", "written: backups/ke.backup", "bytes on disk", "deleted:"):
        assert seen in said, f"{seen!r} is not shown; the end of what is:\n{said[-4000:]}"
    assert "the database is not sound" not in said


def test_every_link_of_the_runbook_and_sizing_guide_leads_to_a_file() -> None:
    for page in ("RUNBOOK.md", "SIZING.md"):
        text = (ROOT / "deploy" / page).read_text(encoding="utf-8")
        links = re.findall(r"\]\(([^)#]+)\)", text)
        missing = [link for link in links if not link.startswith("https:") and not (ROOT / "deploy" / link).exists()]
        assert not missing


def test_every_command_that_the_runbook_names_exists() -> None:
    known = {"rogatory-relay": set[str](), "rogatory-node": set[str]()}
    for program, words in known.items():
        done = subprocess.run(
            [str(Path(sys.executable).parent / program), "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "200"},
        )
        words |= set(re.findall(r"\b[a-z][a-z-]+\b", done.stdout))
    for program, command in re.findall(r"(rogatory-(?:relay|node)) ([a-z][a-z-]*)", RUNBOOK):
        assert command in known[program], (program, command)
