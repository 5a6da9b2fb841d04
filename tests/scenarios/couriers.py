"""Somebody who carries files between a node without any link and the relay."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rogatory.node.cli.client import Client
from rogatory.relay.admin import client as relay
from tests.node.process import NodeProcess
from tests.scenarios.cut_off import CutOff
from tests.scenarios.scene import Scene

KE, TZ = "ke.central", "tz.central"


class Courier:
    """Carries files between `node` and the scene's relay."""

    def __init__(self, scene: Scene, node: NodeProcess) -> None:
        self.scene = scene
        self.node = node
        self._bag = scene.folder / "bag"
        self._bag.mkdir()
        self._count = 0

    def file(self) -> Path:
        self._count += 1
        return self._bag / f"{self._count:03}.courier"

    @property
    def socket(self) -> Path:
        return self.scene.relay.folder / "admin.sock"

    def give(self, authority: str | None = None) -> Path:
        file = self.file()
        relay.download(self.socket, f"/courier/{quote(authority or self.node.authority)}", file)
        return file

    def take(self, file: Path) -> dict[str, Any]:
        with file.open("rb") as content:
            taken: dict[str, Any] = relay.ask(self.socket, "POST", "/courier", content)
        return taken

    def import_(self, file: Path) -> dict[str, Any]:
        with file.open("rb") as content:
            told: dict[str, Any] = Client(self.node.folder.path).upload(content, "courier")
        return told

    def export(self) -> Path:
        file = self.file()
        Client(self.node.folder.path).download(file, "courier")
        return file

    def bring(self) -> dict[str, Any]:
        """From the relay to the node."""
        return self.import_(self.give())

    def fetch(self) -> dict[str, Any]:
        """From the node to the relay."""
        return self.take(self.export())

    def relay_command(self, *arguments: str) -> str:
        """What `rogatory-relay courier` prints."""
        command = [sys.executable, "-m", "rogatory.relay", "courier", *arguments]
        command += ["--config", str(self.scene.relay.config)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def carried(folder: Path) -> Iterator[Courier]:
    """Kenya is online, Tanzania has a courier only."""
    with Scene(folder, [KE, TZ], tapped=False) as scene:
        scene.start(KE)
        tz = scene.nodes[TZ] = CutOff(folder / TZ, scene.simulator, TZ, relay_urls=[scene.url])
        yield Courier(scene, tz.start())
