"""Damaged disks and a wrong passphrase: a clear error and exit status, and everybody else goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.node.process import CommandFailed, NodeProcess
from tests.relay.process import RelayProcess
from tests.scenarios.scene import Scene, said, say, until

KE, TZ = "ke.central", "tz.central"


def spoil(path: Path, start: int, length: int) -> None:
    """Overwrite a part of a file with noise."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(length))


def put_back(copy: Path, database: Path) -> None:
    """A copy of a database in the place of what is there, journals included."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    shutil.copy(copy, database)


@dataclass
class Stage:
    """A scene with two nodes that have much to tell each other. Each test leaves it as it found it."""

    scene: Scene
    ke: NodeProcess
    tz: NodeProcess
    matter: str

    def check(self, text: str) -> None:
        """All is well again: a message goes there and another one back."""
        say(self.ke, self.matter, text)
        until(lambda: (KE, text) in said(self.tz, self.matter), "a message")
        say(self.tz, self.matter, f"re: {text}")
        until(lambda: (TZ, f"re: {text}") in said(self.ke, self.matter), "an answer")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with Scene(tmp_path_factory.mktemp("disks"), [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        for number in range(30):  # enough to span many pages
            say(ke, matter, f"{number} " + "lorem " * 300)
        until(lambda: len(said(tz, matter)) == 31, "everything to arrive")
        yield Stage(scene, ke, tz, matter)


def ended_at_start(process: NodeProcess | RelayProcess) -> int:
    """Start a process that cannot; its exit status. It says why, without a stack trace."""
    process.start(wait=False)
    assert process.process is not None
    status: int = process.process.wait(90)
    process.process = None
    assert "Traceback" not in process.log
    return status


def test_a_wrong_passphrase_and_then_the_right_one(stage: Stage) -> None:
    tz = stage.tz
    tz.stop()
    passphrase = tz.passphrase_file.read_bytes()
    tz.passphrase_file.write_bytes(b"another one\n")
    assert ended_at_start(tz) == 5
    assert "passphrase" in "".join(tz.log.splitlines()[-2:])
    say(stage.ke, stage.matter, "are you there?")
    tz.passphrase_file.write_bytes(passphrase)
    stage.scene.start(TZ)
    until(lambda: said(tz, stage.matter)[-1] == (KE, "are you there?"), "what waited")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_damaged_database_of_a_node(stage: Stage, part: str) -> None:
    """The daemon refuses to start, or to answer from what it cannot read; never does it make something up."""
    tz, database = stage.tz, stage.tz.folder.database
    tz.stop()
    if part == "head":
        spoil(database, 64, 2000)
        assert ended_at_start(tz) == 8
        assert str(database) in tz.log
        assert "next:" in tz.log
    else:
        spoil(database, 8192, database.stat().st_size - 8192)
        tz.start(wait=False)
        assert refusal(tz, stage.matter) == 8
        if tz.process is not None:
            tz.kill()
    say(stage.ke, stage.matter, f"meanwhile, {part}")
    assert stage.scene.relay.get("/health")[0] == 200
    # What the error advises: the file is put aside, and the node rejoins.
    for path in tz.folder.path.glob("node.db*"):
        path.rename(path.with_name(f"spoiled-{part}-{path.name}"))
    stage.scene.start(TZ)
    until(lambda: (KE, f"meanwhile, {part}") in said(tz, stage.matter), "what waited")
    stage.check(f"after the {part}")


def refusal(node: NodeProcess, matter: str) -> int:
    """The exit status of the daemon, if it ends, else of a command that asks for what is damaged."""

    def tried() -> int | None:
        assert node.process is not None
        if (status := node.process.poll()) is not None:
            node.process = None
            return status
        try:
            node.cli("consult", "show", matter)
        except CommandFailed as failed:
            return None if failed.status == 4 else failed.status
        return None

    found: int = until(tried, "a refusal")
    assert "Traceback" not in node.log
    return found


def test_a_damaged_database_of_the_relay(stage: Stage, tmp_path: Path) -> None:
    relay, ke, tz, copy = stage.scene.relay, stage.ke, stage.tz, tmp_path / "copy.db"
    relay.stop()
    shutil.copy(relay.database, copy)

    spoil(relay.database, 0, 4096)
    assert ended_at_start(relay) == 5
    assert str(relay.database) in relay.log
    assert "backup" in relay.log
    say(ke, stage.matter, "while the relay is down")
    until(lambda: ke.api("GET", "/v1/status")["relays"][0]["state"] != "open", "the node to notice")
    assert ke.api("GET", "/v1/status")["relays"][0]["last_error"]

    put_back(copy, relay.database)
    spoil(relay.database, copy.stat().st_size // 2, copy.stat().st_size // 2)
    relay.start()
    until(lambda: relay.get("/ready")[0] == 503, "the relay to notice")
    assert relay.get("/health")[0] == 200
    assert "Traceback" not in relay.log
    relay.stop()

    put_back(copy, relay.database)
    relay.start()
    until(lambda: (KE, "while the relay is down") in said(tz, stage.matter), "what waited")
    stage.check("after the relay")
    told = {event["code"] for event in ke.events("trouble") + tz.events("trouble")}
    assert told <= {"refused", "rejoin"}, "the relay takes nothing now; the node's own loss"
