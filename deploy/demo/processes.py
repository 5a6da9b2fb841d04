"""Processes that run on: the relay and the nodes. Each is ended by its own process id."""

from __future__ import annotations

import subprocess
from pathlib import Path

from deploy.demo.errors import DemoFailed
from deploy.demo.tools import BIN, environment

STOP_SECONDS = 15.0
TAIL_LINES = 8


class Process:
    """A command that runs until it is stopped; what it prints goes to a log file."""

    def __init__(self, name: str, folder: Path, log: Path, passphrase: Path, program: str, *arguments: str) -> None:
        self.name = name
        self.log = log
        self._folder = folder
        self._passphrase = passphrase
        self._command = [str(BIN / program), *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, in a session of its own: Ctrl-C at the terminal reaches the demo alone, which then stops it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=environment(self._passphrase),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise DemoFailed if it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            status, self._process = self._process.returncode, None
            raise DemoFailed(f"{self.name} ended with status {status}; its last words:\n{self.tail()}")

    def begin_stop(self) -> None:
        """SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM, and wait; SIGKILL when it does not listen."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def tail(self) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])
