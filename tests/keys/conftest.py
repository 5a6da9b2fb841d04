"""A folder with everybody's key files and enrolments, and a directory drafted in it."""

from pathlib import Path

import pytest

from rogatory.keys import vault
from rogatory.keys.cli import role_keys
from tests.keys.shell import PASSPHRASE, Shell, enrolment_files


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    for variable in ("ROGATORY_PASSPHRASE_FILE", "ROGATORY_DIRECTORY"):
        monkeypatch.delenv(variable, raising=False)
    for cost in role_keys.CostName:
        monkeypatch.setitem(role_keys._COSTS, cost, vault.CHEAPEST)
    Path("pass").write_text(PASSPHRASE + "\n")
    return Shell(capsys)


@pytest.fixture
def keys(shell: Shell) -> Shell:
    for kind, file in (
        ("trustee", "t1"),
        ("trustee", "t2"),
        ("trustee", "t3"),
        ("publisher", "p"),
        ("coordinator", "c"),
    ):
        shell.run(f"{kind} create {file} --passphrase-file pass")
    enrolment_files()
    return shell


@pytest.fixture
def directory(keys: Shell) -> Shell:
    keys.run("directory init d --trustee t1.pub --trustee t2.pub --trustee t3.pub --threshold 2 --publisher p.pub")
    keys.run("relay add relay.json -d d")
    keys.run("authority add ke.central.json -d d")
    keys.run("authority add tz.central.json -d d")
    keys.run(
        "network add gljcn -d d --relay relay.one --name en=Great_Lakes --coordinator-key c.pub"
        " --member ke.central --member tz.central --coordinator ke.central"
    )
    return keys
