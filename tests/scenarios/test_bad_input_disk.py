"""Damaged disks and a wrong passphrase: a clear error and exit status, and everybody else goes on."""

from __future__ import annotations

import os
import shutil
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


def fill(ke: NodeProcess, tz: NodeProcess, matter: str, count: int = 30) -> None:
    """Enough to span many pages."""
    for number in range(count):
        say(ke, matter, f"{number} " + "lorem " * 300)
    until(lambda: len(said(tz, matter)) == count + 1, "everything to arrive")


def ended_at_start(process: NodeProcess | RelayProcess) -> int:
    """Start a process that cannot; its exit status. It says why, without a stack trace."""
    process.start(wait=False)
    assert process.process is not None
    status: int = process.process.wait(90)
    process.process = None
    assert "Traceback" not in process.log
    return status


def test_a_wrong_passphrase_and_then_the_right_one(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        tz.stop()
        passphrase = tz.passphrase_file.read_bytes()
        tz.passphrase_file.write_bytes(b"another one\n")
        assert ended_at_start(tz) == 5
        assert "passphrase" in tz.log.splitlines()[-2] + tz.log.splitlines()[-1]
        say(ke, matter, "are you there?")
        tz.passphrase_file.write_bytes(passphrase)
        scene.start(TZ)
        until(lambda: said(tz, matter)[-1:] == [(KE, "are you there?")], "the message")


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_damaged_database_of_a_node(tmp_path: Path, part: str) -> None:
    """The daemon refuses to start, or to answer from what it cannot read; never does it make something up."""
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        fill(ke, tz, matter)
        tz.stop()
        size = tz.folder.database.stat().st_size
        if part == "head":
            spoil(tz.folder.database, 64, 2000)
            assert ended_at_start(tz) == 8
            assert str(tz.folder.database) in tz.log
            assert "next:" in tz.log
        else:
            spoil(tz.folder.database, 8192, size - 8192)
            tz.start(wait=False)
            assert refusal(tz, matter) == 8
            if tz.process is not None:
                tz.kill()
        say(ke, matter, "meanwhile")
        assert scene.relay.get("/health")[0] == 200
        # What the error advises: the file is put aside, and the node rejoins.
        for path in tz.folder.path.glob("node.db*"):
            path.rename(path.with_name(f"spoiled-{path.name}"))
        scene.start(TZ)
        until(lambda: said(tz, matter)[-1:] == [(KE, "meanwhile")], "the message")
        say(tz, matter, "here again")
        until(lambda: said(ke, matter)[-1] == (TZ, "here again"), "the answer")


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


def test_a_damaged_database_of_the_relay(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        fill(ke, tz, matter)
        scene.relay.stop()
        copy = tmp_path / "copy.db"
        shutil.copy(scene.relay.database, copy)

        spoil(scene.relay.database, 0, 4096)
        assert ended_at_start(scene.relay) == 5
        assert str(scene.relay.database) in scene.relay.log
        assert "backup" in scene.relay.log
        say(ke, matter, "while the relay is down")
        until(lambda: ke.api("GET", "/v1/status")["relays"][0]["state"] != "open", "the node to notice")
        assert ke.api("GET", "/v1/status")["relays"][0]["last_error"]

        put_back(copy, scene.relay.database)
        spoil(scene.relay.database, copy.stat().st_size // 2, copy.stat().st_size // 2)
        scene.relay.start()
        until(lambda: "database" in scene.relay.log.split('"listening"')[-1], "the relay to notice")
        assert scene.relay.get("/health")[0] == 200
        assert scene.relay.get("/ready")[0] == 503
        assert "Traceback" not in scene.relay.log
        scene.relay.stop()

        put_back(copy, scene.relay.database)
        scene.relay.start()
        until(lambda: said(tz, matter)[-1] == (KE, "while the relay is down"), "what waited")
        told = {event["code"] for event in ke.events("trouble") + tz.events("trouble")}
        assert told <= {"refused"}, "the relay takes nothing now"
