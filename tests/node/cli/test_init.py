"""`rogatory-node init`: the folder, the enrolment file and the recovery key."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rogatory.keys.enrolment import check_enrolment
from rogatory.keys.fingerprint import key_set_fingerprint
from rogatory.keys.identity import RecoveryKey
from rogatory.keys.vault import open_vault
from rogatory.node.config import load_config
from rogatory.node.folder import NodeFolder
from rogatory.node.setup import RECOVERY_KEY, open_key_sets


def init(
    folder: Path, *more: str, passphrase: str = "correct horse battery staple"
) -> subprocess.CompletedProcess[str]:
    secret = folder.parent / "passphrase"
    secret.write_text(passphrase + "\n")
    command = [sys.executable, "-m", "rogatory.node", "init", str(folder), "--authority", "ke.central", "--state", "ke"]
    command += ["--name", "en=Office of the Attorney General", "--name", "sw=Ofisi", "--relay", "relay.nairobi"]
    environment = {**os.environ, "ROGATORY_NODE_PASSPHRASE_FILE": str(secret)}
    return subprocess.run(
        [*command, "--json", *more],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


def test_a_node_is_made_with_all_that_enrolment_needs(tmp_path: Path) -> None:
    details = tmp_path / "details.toml"
    details.write_text('email = "ca@example.ke"\nlanguages = ["en", "sw"]\n')
    root = tmp_path / "root.json"
    root.write_text("{}")
    recovery = tmp_path / "stick" / "recovery.key"
    recovery.parent.mkdir()
    done = init(
        tmp_path / "ke",
        *("--competence", "extradition", "--relay-url", "https://relay.example.ke"),
        *("--details", str(details), "--root", str(root), "--recovery-file", str(recovery)),
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)

    folder = NodeFolder(tmp_path / "ke")
    entry = check_enrolment(folder.enrolment.read_bytes())
    assert (entry.id, entry.state, entry.relay) == ("ke.central", "KE", "relay.nairobi")
    assert entry.names == {"en": "Office of the Attorney General", "sw": "Ofisi"}
    assert entry.email == "ca@example.ke"
    assert made["fingerprint"] == key_set_fingerprint(entry.id, entry.key_sets[0], entry.recovery)

    passphrase = b"correct horse battery staple"
    (identity,), _ = open_key_sets(folder, passphrase)
    assert identity.key_set() == entry.key_sets[0]
    key = RecoveryKey.decode(open_vault(recovery, passphrase).secret(RECOVERY_KEY))
    assert key.public() == entry.recovery
    assert load_config(folder.config, {}).relay_urls == ("https://relay.example.ke",)
    for private in (folder.path, folder.vault, recovery):
        assert stat.S_IMODE(private.stat().st_mode) & 0o077 == 0
    assert not folder.recovery.exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ke").mkdir()
    (tmp_path / "ke" / "letter.txt").write_text("mine")
    done = init(tmp_path / "ke")
    assert done.returncode == 7
    assert "not empty" in json.loads(done.stderr)["explanation"]
    assert [path.name for path in (tmp_path / "ke").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("more", "status", "named"),
    [
        (("--competence", "tea"), 3, "competences"),
        (("--authority", "Kenya"), 3, "id"),
        (("--relay", "nairobi"), 3, "relay"),
        (("--relay-url", "http://relay.example.ke"), 3, "TLS"),
    ],
)
def test_wrong_details_are_refused_before_anything_is_made(
    tmp_path: Path, more: tuple[str, ...], status: int, named: str
) -> None:
    done = init(tmp_path / "ke", *more)
    assert done.returncode == status
    assert named in json.loads(done.stderr)["explanation"]
    assert not (tmp_path / "ke").exists()


def test_a_weak_passphrase_is_refused(tmp_path: Path) -> None:
    done = init(tmp_path / "ke", passphrase="short")
    assert done.returncode == 5
    assert not (tmp_path / "ke").exists()


def test_an_unknown_detail_is_refused(tmp_path: Path) -> None:
    details = tmp_path / "details.json"
    details.write_text('{"telefone": "1"}')
    done = init(tmp_path / "ke", "--details", str(details))
    assert done.returncode == 3
    assert "telefone" in done.stderr
