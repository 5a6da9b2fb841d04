"""`rogatory-relay admin` on a running relay: what it shows, that damage is found, and that what went is gone."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from rogatory.relay.admin.integrity import check_integrity
from rogatory.relay.cli import app
from rogatory.relay.errors import DatabaseError
from rogatory.relay.store.inspection import inspect_sqlite
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, message
from tests.relay.conftest import KE, TZ, UG, append, founded
from tests.relay.process import RelayProcess


class Operator:
    """Runs `rogatory-relay admin` as it would be run beside the relay."""

    def __init__(self, relay: RelayProcess, capsys: pytest.CaptureFixture[str]) -> None:
        self.relay = relay
        self._capsys = capsys

    def text(self, *arguments: str) -> str:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(["admin", *arguments, "--config", str(self.relay.config)])
        assert ended.value.code == 0
        return self._capsys.readouterr().out

    def lines(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text(*arguments, "--json").splitlines()]


async def connected(relay: RelayProcess, authority: str) -> Client:
    key = relay.simulator.relay_keys().identity.public
    return await Client(relay.link_url, relay.simulator.identity(authority)).connect(key)


async def test_what_is_kept_is_shown_backed_up_and_gone_once_it_is_due(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = DirectorySimulator([KE, TZ, UG])
    settings = {"retention": {"grace_days": 0.0}}
    with RelayProcess(tmp_path / "relay", simulator, settings=settings) as relay:
        operator = Operator(relay, capsys)
        ke, tz = await connected(relay, KE), await connected(relay, TZ)
        await ke.publish([b"a key package", b"another"], None)
        channel = await founded(ke, TZ)
        body = message(channel, 3_000)
        last = await append(ke, channel, body, 1)
        await founded(ke, UG)

        found = {line["authority"]: line for line in operator.lines("authorities")}
        assert set(found) == {KE, TZ, UG}
        assert (found[KE]["channels"], found[KE]["founded"], found[KE]["key_packages"]) == (2, 2, 2)
        assert found[KE]["stored_bytes"] > 3_000
        assert (found[TZ]["channels"], found[TZ]["bodies"]) == (1, 0)
        (line,) = [line for line in operator.lines("channels") if line["channel"] == channel.hex()]
        assert (line["founder"], line["members"], line["entries"], line["bodies"]) == (KE, 2, 2, 2)
        sizes = operator.lines("sizes")[0]
        assert sizes["rows"]["entries"] == 3
        assert sizes["bytes_on_disk"] > sizes["bytes"]["bodies"] > 3_000
        assert operator.lines("integrity")[0] == {
            "channels": 2, "entries": 3, "bodies": 3, "acknowledgements": 0, "findings": []
        }  # fmt: skip
        for command in ("authorities", "channels", "sizes", "retention", "integrity"):
            assert operator.text(command).strip()

        assert operator.lines("backup", str(tmp_path / "copy.db"))[0]["bytes"] == (tmp_path / "copy.db").stat().st_size
        with inspect_sqlite(tmp_path / "copy.db") as copy:
            assert check_integrity(copy).findings == []

        needle = body[-1_000:]
        assert needle in on_disk(relay)
        await ke.resume(channel)
        await tz.acknowledge(channel, last.seq, last.head)
        await ke.acknowledgements()
        # What all have acknowledged is noted by one look, and goes with a later one, once its grace is over.
        assert any(operator.lines("retention", "--run")[0]["deleted"] for _ in range(100))
        assert needle not in on_disk(relay)
        assert operator.lines("integrity")[0]["bodies"] == 1
        assert operator.lines("retention")[0]["acknowledged_bodies"] == 0
        await ke.close()
        await tz.close()


def on_disk(relay: RelayProcess) -> bytes:
    return b"".join(path.read_bytes() for path in relay.folder.rglob("*") if path.is_file())


async def test_every_kind_of_damage_is_found(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path / "relay", simulator) as relay:
        ke, tz = await connected(relay, KE), await connected(relay, TZ)
        channel = await founded(ke, TZ)
        receipts = [await append(ke, channel, message(channel), 1) for _ in range(4)]
        await ke.resume(channel)
        await tz.acknowledge(channel, receipts[-1].seq, receipts[-1].head)
        await ke.acknowledgements()
        await ke.close()
        await tz.close()
        relay.stop()
        assert damaged(relay, "SELECT 1") == ""
        for change, found in {
            "UPDATE entries SET author = 'tz.central' WHERE seq = 3": "entry 3 does not follow entry 2",
            "UPDATE entries SET seq = 9 WHERE seq = 5": "entry 9 does not follow entry 4",
            "DELETE FROM entries WHERE seq = 5": "the log ends at entry 4",
            "UPDATE bodies SET content = x'00' WHERE id = 2": "the body of entry 2 is not the one",
            "UPDATE channels SET last_commit = 99": "the last commit is said to be entry 99",
            "UPDATE members SET until = 5 WHERE authority = 'tz.central'": "not those of the access list",
            "UPDATE acknowledgements SET seq = 2": "another's, or goes beyond",
            "UPDATE entries SET head = zeroblob(32) WHERE seq = 5": "acknowledged another log",
            "UPDATE acknowledgements SET content = x'c1'": "cannot be read",
        }.items():
            assert found in damaged(relay, change), change


def damaged(relay: RelayProcess, change: str) -> str:
    """What is found in a copy of the database that was changed."""
    copy = relay.folder / "changed.db"
    shutil.copyfile(relay.database, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute(change)
    connection.close()
    with inspect_sqlite(copy) as inspection:
        return "; ".join(finding.problem for finding in check_integrity(inspection).findings)


def test_a_missing_or_foreign_database_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no database"), inspect_sqlite(tmp_path / "none.db"):
        pass
    sqlite3.connect(tmp_path / "other.db").close()
    (tmp_path / "text.db").write_text("this is no database, however long it may be " * 100)
    for name in ("other.db", "text.db"):
        if not (tmp_path / name).exists():
            (tmp_path / name).touch()
        with pytest.raises(DatabaseError), inspect_sqlite(tmp_path / name):
            pass
