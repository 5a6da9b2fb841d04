"""Where the demo takes place: its folder, the commands, the processes that run."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from deploy.demo.api import look
from deploy.demo.cast import OFFICES, Office
from deploy.demo.processes import Process
from deploy.demo.screen import Screen
from deploy.demo.tools import Tools
from deploy.demo.waiting import eventually

T = TypeVar("T")
LETTERS = Path(__file__).parent / "letters"
RELAY_SECONDS = 30.0
NODE_SECONDS = 40.0


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stage:
    """Made before the first scene, closed after the last."""

    def __init__(self, folder: Path, screen: Screen) -> None:
        self.folder = folder
        self.screen = screen
        self.passphrase = folder / "passphrase"
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text(secrets.token_urlsafe(24) + "\n")
        shutil.copytree(LETTERS, folder / "letters")
        self.tools = Tools(folder, self.passphrase, screen)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.relay = self._process("the relay", "relay.log", "rogatory-relay", "run", "--config", "relay/relay.toml")
        self.nodes = {
            office.key: self._process(
                f"the node of {office.id}", f"{office.key}.log", "rogatory-node", "run", "--folder", office.key
            )
            for office in OFFICES
        }

    @property
    def relay_folder(self) -> Path:
        """The relay's folder, with its database."""
        return self.folder / "relay"

    def start_relay(self) -> None:
        """Start the relay, and wait until it says that it is ready."""
        self.relay.start()
        self.wait("the relay is ready", RELAY_SECONDS, lambda: True if self.ready().get("ready") else None)

    def start_nodes(self, *offices: Office) -> None:
        """Start offices' nodes, and wait until each is enrolled and connected to the relay."""
        for office in offices:
            self.nodes[office.key].start()
        for office in offices:
            self.wait(f"{office.id} is connected to the relay", NODE_SECONDS, partial(self._connected, office))

    def stop_node(self, office: Office) -> None:
        """Stop one office's node."""
        self.nodes[office.key].stop()

    def wait(self, what: str, seconds: float, probe: Callable[[], T | None]) -> T:
        """`eventually`, as long as all processes live. Raises DemoFailed."""

        def watched() -> T | None:
            self.check()
            return probe()

        return eventually(what, seconds, watched)

    def check(self) -> None:
        """Raise DemoFailed if the relay or a node ended by itself."""
        for process in (self.relay, *self.nodes.values()):
            process.check()

    def together(self, *works: Callable[[], object]) -> None:
        """Do independent things on two cores; raise what one of them raises."""
        pool = ThreadPoolExecutor(max_workers=2)
        try:
            for done in [pool.submit(work) for work in works]:
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def ready(self) -> dict[str, Any]:
        """What the relay's GET /ready says; empty while it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=5) as response:  # noqa: S310 - http, loopback
                answer: dict[str, Any] = json.load(response)
                return answer
        except (urllib.error.URLError, ConnectionError, json.JSONDecodeError):
            return {}

    def close(self) -> None:
        """Stop every process, the nodes first."""
        for node in self.nodes.values():
            node.begin_stop()
        for node in self.nodes.values():
            node.stop()
        self.relay.stop()

    def look(self, office: Office, path: str) -> Any:
        """What an office's node answers to GET /v1/<path>; None if it is down or does not know it."""
        return look(self.folder / office.key, path)

    def _connected(self, office: Office) -> bool | None:
        status = self.look(office, "status")
        return (status is not None and status["enrolled"] and _has_link(status)) or None

    def _process(self, name: str, log: str, program: str, *arguments: str) -> Process:
        return Process(name, self.folder, self.folder / log, self.passphrase, program, *arguments)


def _has_link(status: dict[str, Any]) -> bool:
    return any(relay["state"] == "open" for relay in status["relays"])
