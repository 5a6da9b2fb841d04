"""How to go on by hand against the running network."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.cast import GLJCN, KE, TZ, UG
from deploy.demo.stage import Stage
from deploy.demo.tools import BIN

WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class Handle:
    """Matters of the demo to go on with, by the first digits of their ids."""

    request: str
    consultation: str


def commands(folder: Path, handle: Handle) -> list[str]:
    """Commands to try, in an order in which they work, from the folder in which the demo was started."""
    ke, tz, ug = (f"--folder {folder / office.key}" for office in (KE, TZ, UG))
    talk = handle.consultation
    return [
        f"export PATH={BIN}:$PATH",
        f"rogatory-node status {ke}",
        f"rogatory-node inbox {tz}",
        f"rogatory-node request show {handle.request} {tz}",
        f"rogatory-node consult say {talk} --text 'Your draft is with our prosecutors.' {ke}",
        f"rogatory-node consult show {talk} {ug}",
        f"rogatory-node network announce {GLJCN.id} --title 'A test' --text 'Please ignore this.' {ke}",
        f"rogatory-node network feed {GLJCN.id} {ug}",
        f"rogatory-node request send --to {TZ.id} --file {folder / 'letters' / 'bank-records.json'} {ke}",
        f"rogatory-node authority find --purpose mutual_legal_assistance {ke}",
    ]


def tell(stage: Stage, handle: Handle) -> None:
    """Say that the network runs, and what to try."""
    stage.screen.say(f"The relay and five nodes run on from {stage.folder}; Ctrl-C stops them. In another terminal:")
    stage.screen.to_copy(commands(_shown(stage.folder), handle))


def keep(stage: Stage) -> None:
    """Watch over the processes until a person stops the demo. Raises DemoFailed if one ends by itself."""
    try:
        while True:
            stage.check()
            time.sleep(WATCH_SECONDS)
    except KeyboardInterrupt:
        return


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
