"""A directory in the hands of real commands: trustees sign drafts, and `rogatory-keys publisher run` publishes them.

    with Scene(tmp_path, [KE, TZ], settings=mirrored(port)) as scene, start(scene, port) as office:
        office.publish("authority", "strike-off", TZ)

It begins with what the scene's simulator has published so far; from then on the commands publish, not the simulator.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from securesystemslib.signer import Signer

from rogatory.keys.publishing import folder
from rogatory.keys.publishing.key_file import KeyKind
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.vault import CHEAPEST, create_vault
from tests.keys.simulator import DirectorySimulator
from tests.scenarios.scene import Scene, until

_PASSPHRASE = b"correct horse battery staple"
_STOP_SECONDS = 60.0


def mirrored(port: int) -> Mapping[str, Any]:
    """Settings of a relay that asks the publisher on this port."""
    return {"directory": {"url": f"http://127.0.0.1:{port}", "fetch_seconds": 0.2}}


def keys_command(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What a `rogatory-keys` command prints. Raises AssertionError where it fails."""
    done = subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    assert done.returncode == 0, f"rogatory-keys {arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "rogatory.keys.cli", *map(str, arguments)]


class Publishing:
    """The publisher's folder and process, the trustees' key files, and the secretary's working folder."""

    def __init__(self, place: Path, simulator: DirectorySimulator, port: int) -> None:
        place.mkdir()
        self.place = place
        self.directory = place / "directory"
        self.environment: dict[str, str] = {}
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._passphrase = place / "passphrase"
        self._passphrase.write_bytes(_PASSPHRASE)
        folder.create_folder(self.directory, Repository(dict(simulator.repository.published), {}))
        self._trustees = [
            self._key(simulator, signer, KeyKind.TRUSTEE, f"trustee-{number}")
            for number, signer in enumerate(simulator.trustees[: simulator.threshold])
        ]
        self._publisher = self._key(simulator, simulator.publisher, KeyKind.PUBLISHER, "publisher")
        self._root = place / "root.json"
        self._root.write_bytes(simulator.root)

    @property
    def log(self) -> str:
        """What the publisher has logged."""
        path = self.place / "publisher.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> Self:
        """Start the publisher, and wait until it listens."""
        listening = self.log.count('"listening"')
        with (self.place / "publisher.log").open("ab") as log:
            settings = ["--directory", self.directory, "--key", self._publisher, "--passphrase-file", self._passphrase]
            self._process = subprocess.Popen(
                _command("publisher", "run", *settings, "--port", str(self._port), "--watch-seconds", "0.2"),
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        until(lambda: self.log.count('"listening"') > listening, f"the publisher: {self.log}")
        return self

    def stop(self) -> None:
        """SIGTERM, and wait."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(_STOP_SECONDS) == 0, self.log
        self._process = None

    def draft(self, *command: str | Path) -> Path:
        """A change of the directory by a command, drafted by the secretary and signed by enough trustees."""
        work, file = self.place / "work", self.place / "change.draft"
        shutil.rmtree(work, ignore_errors=True)
        keys_command("directory", "update", work, "--bundle", self.directory / "directory.bundle", "--root", self._root)
        keys_command(*command, "--directory", work)
        keys_command("directory", "propose", work, file)
        for key in self._trustees:
            keys_command("directory", "sign", file, "--key", key, "--passphrase-file", self._passphrase, "--yes")
        return file

    def publish(self, *command: str | Path) -> None:
        """Make a change by a command, have it signed, and wait until the publisher has published it."""
        published = self.log.count('"published"')
        file = self.draft(*command)
        file.replace(self.directory / "incoming" / file.name)
        until(lambda: self.log.count('"published"') > published, f"the publisher to take the draft in: {self.log}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _key(self, simulator: DirectorySimulator, signer: Signer, kind: KeyKind, name: str) -> Path:
        file = self.place / f"{name}.key"
        create_vault(file, _PASSPHRASE, {"kind": kind.encode(), "seed": simulator.seed(signer)}, cost=CHEAPEST)
        return file


def start(scene: Scene, port: int) -> Publishing:
    """A publisher of what the scene's simulator has published."""
    return Publishing(scene.folder / "publisher", scene.simulator, port)
