"""The three commands as a user runs them, each shown on the screen with its time."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.demo.errors import DemoFailed
from deploy.demo.screen import Screen

COMMAND_SECONDS = 30.0
LAST_LINES = 4
BIN = Path(sys.executable).parent


def environment(passphrase: Path, **more: str) -> dict[str, str]:
    """This process's environment without settings of another network, and with the demo's passphrase file."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ROGATORY_")}
    return clean | {
        "ROGATORY_PASSPHRASE_FILE": str(passphrase),
        "ROGATORY_NODE_PASSPHRASE_FILE": str(passphrase),
        **more,
    }


class Tools:
    """Runs commands in the demo's folder, so that their lines are short."""

    def __init__(self, folder: Path, passphrase: Path, screen: Screen) -> None:
        self._folder = folder
        self._passphrase = passphrase
        self._screen = screen

    def keys(self, *arguments: str) -> str:
        """`rogatory-keys`; gives what it printed."""
        return self._run("", "rogatory-keys", arguments, {})

    def relay(self, *arguments: str) -> str:
        """`rogatory-relay`; gives what it printed."""
        return self._run("", "rogatory-relay", arguments, {})

    def node(self, office: str, *arguments: str) -> Any:
        """`rogatory-node ... --json` at an office's node; gives its answer. Shown without `--json`."""
        variables = {"ROGATORY_NODE_FOLDER": str(self._folder / office)}
        return json.loads(self._run(office, "rogatory-node", arguments, variables, json_wanted=True))

    def _run(
        self,
        who: str,
        program: str,
        arguments: tuple[str, ...],
        variables: Mapping[str, str],
        *,
        json_wanted: bool = False,
    ) -> str:
        began = time.monotonic()
        command = [str(BIN / program), *arguments, *(["--json"] if json_wanted else [])]
        shown = shlex.join([program, *arguments])
        try:
            ended = subprocess.run(
                command,
                cwd=self._folder,
                env=environment(self._passphrase, **variables),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise DemoFailed(f"{program} is not installed beside {sys.executable}: run `make demo`") from None
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{shown}: no end within {COMMAND_SECONDS:.0f} s") from None
        if ended.returncode != 0:
            said = "\n".join(ended.stderr.strip().splitlines()[-LAST_LINES:])
            raise DemoFailed(f"{who} $ {shown}\nended with status {ended.returncode}:\n{said}".lstrip())
        self._screen.command(who, shown, time.monotonic() - began)
        return ended.stdout
