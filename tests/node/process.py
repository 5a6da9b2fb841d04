"""A node as a process of its own, on loopback, with keys from a simulated directory: for the tests of any package.

    simulator = DirectorySimulator(["ke.central", "tz.central"])
    with RelayProcess(tmp_path / "relay", simulator) as relay:
        ke = NodeProcess(tmp_path / "ke", simulator, "ke.central", relay_urls=[relay.url])
        ke.start()                          # waits until its API answers
        ke.wait_online()                    # waits until its links stand
        ke.cli("request", "list")           # the command's JSON; a failure raises CommandFailed
        ke.api("GET", "/v1/status")         # the local API's JSON
        ke.wait_event("document_received")  # the first such event of the inbox
        ke.kill(); ke.start(); ke.stop()

`settings` are those of node.toml.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from rogatory.keys.vault import CHEAPEST
from rogatory.node.config import NodeConfig
from rogatory.node.folder import NodeFolder
from rogatory.node.setup import set_up
from tests.keys.simulator import DirectorySimulator

START_SECONDS = 90.0
STOP_SECONDS = 60.0
PASSPHRASE = b"correct horse battery staple"


class CommandFailed(AssertionError):
    """A command ended with another status than 0."""

    def __init__(self, arguments: Sequence[str], status: int, stdout: str, stderr: str) -> None:
        super().__init__(f"rogatory-node {' '.join(arguments)}: exit status {status}\n{stdout}{stderr}")
        self.status = status
        self.stdout = stdout
        self.stderr = stderr

    @property
    def problem(self) -> dict[str, Any]:
        """What it said with --json: error, explanation, next_step, exit_code."""
        problem: dict[str, Any] = json.loads(self.stderr)
        return problem


class NodeProcess:
    """`rogatory-node run` in `folder`, which is made unless it is there."""

    def __init__(
        self,
        folder: Path,
        simulator: DirectorySimulator,
        authority: str,
        *,
        relay_urls: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = NodeFolder(folder)
        self.authority = authority
        self.simulator = simulator
        self.process: subprocess.Popen[bytes] | None = None
        self.passphrase_file = folder.parent / f"{folder.name}.passphrase"
        self._log = folder.parent / f"{folder.name}.log"
        self.environment = dict(environment or {})
        if not folder.exists():
            quick = {"backoff_first": 0.05, "backoff_most": 0.5}
            config = msgspec.convert(
                {"authority": authority, "relay_urls": list(relay_urls), **quick, **(settings or {})}, NodeConfig
            )
            identity = simulator.identity(authority)
            set_up(self.folder, identity, config, PASSPHRASE, root=simulator.root, cost=CHEAPEST)
            self.passphrase_file.write_bytes(PASSPHRASE + b"\n")

    @property
    def log(self) -> str:
        """What it has logged, in all its runs."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self, *, wait: bool = True) -> Self:
        """Start it, and wait until its API answers."""
        assert self.process is None, "it runs already"
        # A killed daemon leaves its address behind; the new one's is awaited.
        self.folder.clear_address()
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("run", "--passphrase-file", str(self.passphrase_file)),
                stdout=log,
                stderr=log,
                env=self._env(),
            )
        if wait:
            self.wait_until(lambda: self.folder.address.exists() and self.api("GET", "/v1/status"), "answer")
        return self

    def stop(self) -> int:
        """SIGTERM, and wait; gives its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    def wait_ended(self) -> int:
        """Wait until it ends by itself; gives its exit status."""
        assert self.process is not None, "it does not run"
        status = self.process.wait(STOP_SECONDS)
        self.process = None
        return status

    def cli(self, *arguments: str, stdin: str | None = None) -> Any:
        """Run a command with --json and give its answer. Raises CommandFailed."""
        answer = self.cli_text(*arguments, "--json", stdin=stdin)
        return json.loads(answer) if answer.strip() else None

    def cli_text(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command and give what it prints. Raises CommandFailed."""
        done = subprocess.run(
            self._command(*arguments), input=stdin, capture_output=True, text=True, env=self._env(), check=False
        )
        if done.returncode != 0:
            raise CommandFailed(arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the local API. Raises AssertionError for a problem."""
        status, answer = self.asked(method, path, body)
        assert status < 400, f"{method} {path}: {status} {json.dumps(answer, ensure_ascii=False)}"
        return answer

    def asked(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the local API; status and answer, problems too."""
        address = urlsplit(self.folder.read_address().url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.folder.read_token()}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def events(self, kind: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """What the inbox holds after an event, all or of one kind."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.api("GET", f"/v1/inbox?after={after}&limit=1000")
            found += page["events"]
            if not page["events"]:
                return [event for event in found if kind is None or event["kind"] == kind]
            after = page["last"]

    def wait_event(self, kind: str, *, after: int = 0, seconds: float = START_SECONDS, **fields: Any) -> dict[str, Any]:
        """Wait for an event of this kind with these fields; gives the first."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            page = self.api("GET", f"/v1/inbox?after={after}&limit=1000&wait={min(int(left) + 1, 20)}")
            for event in page["events"]:
                if event["kind"] == kind and all(event.get(name) == value for name, value in fields.items()):
                    found: dict[str, Any] = event
                    return found
            after = page["last"]
        seen = [event["summary"] for event in self.events()]
        raise AssertionError(
            f"{self.authority}: no event {kind} {fields}; the inbox: {seen}; the log:\n{self.log[-3000:]}"
        )

    def wait_online(self, seconds: float = START_SECONDS) -> Self:
        """Wait until a directory is there and the links to all its relays stand."""
        self.wait_until(self._online, "come online", seconds)
        return self

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float = START_SECONDS) -> Any:
        """Wait until the condition holds; gives what it gave."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                status, self.process = self.process.returncode, None
                raise AssertionError(f"{self.authority} ended with status {status}; its log:\n{self.log[-4000:]}")
            try:
                if found := condition():
                    return found
            except OSError:
                pass
            time.sleep(0.03)
        raise AssertionError(f"{self.authority} did not {what}; its log:\n{self.log[-4000:]}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.stop()

    def _online(self) -> bool:
        status = self.api("GET", "/v1/status")
        return bool(status["relays"]) and all(relay["state"] == "open" for relay in status["relays"])

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "rogatory.node", *arguments]

    def _env(self) -> dict[str, str]:
        return {**os.environ, "ROGATORY_NODE_FOLDER": str(self.folder.path), "COLUMNS": "200", **self.environment}

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None, "it does not run"
        self.process.send_signal(number)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.authority} did not stop; its log:\n{self.log[-4000:]}") from None
        self.process = None
        return status
