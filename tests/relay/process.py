"""A relay as a process of its own, on loopback, with a simulated directory: for the tests of any package.

    simulator = DirectorySimulator(["ke.central", "tz.central"])
    relay = RelayProcess(tmp_path, simulator)
    relay.start()               # waits until it serves; relay.url
    relay.kill(); relay.start() # the same folder, port and keys
    relay.publish()             # hands the simulator's newest bundle over and waits until it is served
    relay.stop()

Also usable as `with RelayProcess(tmp_path, simulator) as relay:`. A subclass of test may give more settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from rogatory.relay.key_file import write_plain
from tests.keys.simulator import DirectorySimulator

START_SECONDS = 90.0
STOP_SECONDS = 60.0


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class RelayProcess:
    """`rogatory-relay run` in `folder`. `settings`: tables and values of relay.toml beside the usual ones."""

    def __init__(
        self,
        folder: Path,
        simulator: DirectorySimulator,
        relay: str = "relay.one",
        *,
        port: int | None = None,
        settings: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        scheme: str = "http",
        enlist: bool = True,
    ) -> None:
        """`enlist`: put this relay's address into the simulator's directory."""
        self.folder = folder
        self.simulator = simulator
        self.relay = relay
        self.port = port or free_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.link_url = f"{'wss' if scheme == 'https' else 'ws'}://127.0.0.1:{self.port}/v1/link"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = dict(environment or {})
        folder.mkdir(parents=True, exist_ok=True)
        if enlist:
            simulator.add_relay(relay, self.url)
        if not (folder / "relay.keys").exists():
            write_plain(folder / "relay.keys", simulator.relay_keys(relay))
        (folder / "root.json").write_bytes(simulator.root)
        self.drop_bundle(simulator.bundle())
        usual = {"listen": "127.0.0.1", "port": self.port, "directory": {"watch_seconds": 0.1}}
        (folder / "relay.toml").write_text(_toml(_merged(usual, settings or {})))

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "relay.toml"

    @property
    def database(self) -> Path:
        """Its database."""
        return self.folder / "relay.db"

    @property
    def log(self) -> str:
        """What it has logged, in all its runs."""
        path = self.folder / "relay.log"
        return path.read_text() if path.exists() else ""

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def start(self, *, wait: bool = True) -> Self:
        """Start it, and wait until it serves."""
        assert self.process is None, "it runs already"
        with (self.folder / "relay.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rogatory.relay", "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        if wait:
            self._wait_until(lambda: self.get("/health")[0] == 200, "serve")
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

    def drop_bundle(self, bundle: bytes) -> None:
        """Put a bundle where the relay looks for one."""
        part = self.folder / "directory.bundle.part"
        part.write_bytes(bundle)
        part.replace(self.folder / "directory.bundle")

    def publish(self) -> None:
        """Hand the simulator's newest bundle over, and wait until the relay serves it."""
        bundle = self.simulator.bundle()
        self.drop_bundle(bundle)
        wanted = hashlib.sha256(bundle).digest()
        self._wait_until(lambda: hashlib.sha256(self.get("/directory")[1]).digest() == wanted, "take the bundle")

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a GET."""
        context = ssl._create_unverified_context()
        try:
            with urllib.request.urlopen(self.url + path, timeout=5, context=context) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def ready(self) -> dict[str, Any]:
        """What GET /ready says."""
        answer: dict[str, Any] = json.loads(self.get("/ready")[1])
        return answer

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.stop()

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None, "it does not run"
        self.process.send_signal(number)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the relay did not stop; its log:\n{self.log[-4000:]}") from None
        self.process = None
        return status

    def _wait_until(self, condition: Any, what: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                status, self.process = self.process.returncode, None
                raise AssertionError(f"the relay ended with status {status}; its log:\n{self.log[-4000:]}")
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.03)
        raise AssertionError(f"the relay did not {what}; its log:\n{self.log[-4000:]}")


def _merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in more.items():
        merged[name] = _merged(base.get(name, {}), value) if isinstance(value, Mapping) else value
    return merged


def _toml(settings: Mapping[str, Any]) -> str:
    plain = [f"{name} = {json.dumps(value)}" for name, value in settings.items() if not isinstance(value, Mapping)]
    for table, values in settings.items():
        if isinstance(values, Mapping):
            plain += ["", f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    return "\n".join([*plain, ""])
