"""`python -m deploy.demo [--keep]`. Exit status: 0 everything was shown, 1 something was not, 2 usage, 130 stopped."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from deploy.demo.errors import DemoFailed
from deploy.demo.play import play
from deploy.demo.scenes import by_hand
from deploy.demo.screen import Screen
from deploy.demo.stage import Stage

KEPT = Path("demo-data")
MARK = ".rogatory-demo"
STOPPING = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run the demo; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.demo", description="The main job, as processes on this machine."
    )
    parser.add_argument("--keep", action="store_true", help=f"go on running at the end, in {KEPT}/, until Ctrl-C")
    keep: bool = parser.parse_args().keep
    for number in STOPPING:
        signal.signal(number, _interrupt)
    screen = Screen()
    try:
        folder = _kept_folder() if keep else Path(tempfile.mkdtemp(prefix="rogatory-demo-"))
        _run(folder, screen, keep)
    except DemoFailed as error:
        screen.failed(str(error))
        return 1
    except KeyboardInterrupt:
        screen.say("Stopped; no process is left running.")
        return 130
    return 0


def _run(folder: Path, screen: Screen, keep: bool) -> None:
    stage = Stage(folder, screen)
    failed = False
    try:
        handle = play(stage)
        screen.say(f"Everything was shown, in {screen.seconds:.0f} s.")
        if keep:
            by_hand.tell(stage, handle)
            by_hand.keep(stage)
            screen.say("Stopped; no process is left running.")
        else:
            screen.say("To go on by hand against the running network: make demo KEEP=1")
    except DemoFailed:
        failed = True
        raise
    finally:
        # Who presses Ctrl-C twice leaves no process behind.
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        stage.close()
        if failed:
            screen.say(f"Files and logs are left in {folder}")
        else:
            shutil.rmtree(folder)


def _kept_folder() -> Path:
    """An empty demo-data/, made anew if an earlier demo left one."""
    if KEPT.exists():
        if not (KEPT / MARK).exists():
            raise DemoFailed(f"{KEPT.absolute()} is there and is not of a demo: move it away")
        shutil.rmtree(KEPT)
    KEPT.mkdir(mode=0o700)
    (KEPT / MARK).touch()
    return KEPT.absolute()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
