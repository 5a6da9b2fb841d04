"""Backup and restore of real processes: after an hour, after many epochs, without any backup, and of a whole disk."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import fields
from functools import partial
from pathlib import Path

import msgspec
import pytest

from rogatory.keys.vault import CHEAPEST, create_vault, open_vault
from rogatory.node.backup.container import PURPOSE, read_vault, unseal
from rogatory.node.channels.commands import wish_refresh
from rogatory.node.setup import DATABASE_KEY, IDENTITY, RECOVERY_KEY
from rogatory.node.store import key_packages
from rogatory.node.store.database import derive_key
from rogatory.node.store.documents import documents_of
from rogatory.node.store.key_packages import PackageRow, PackageState, Purpose
from rogatory.node.transaction import Tx
from rogatory.protocol.header import Form, body_hash
from rogatory.protocol.mls.key_package import KeyPackageSecrets
from rogatory.protocol.mls.message import peek
from tests.node.process import PASSPHRASE, CommandFailed, NodeProcess
from tests.relay.process import free_port
from tests.scenarios import publishing
from tests.scenarios.key_use import follow, key_use
from tests.scenarios.scene import Scene, said, say, until
from tests.scenarios.stopped_node import group_of, run_in

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def texts(node: NodeProcess, matter: str) -> list[str]:
    """What was said in a matter, whoever said it."""
    return [text for _, text in said(node, matter)]


def delivered(node: NodeProcess) -> int:
    """How many of its documents every addressee has."""
    return len(node.events("document_delivered"))


def back_up(node: NodeProcess, file: Path) -> Path:
    """A backup, taken while the node runs."""
    assert node.cli("backup", str(file))["bytes"] == file.stat().st_size
    return file


def lose_and_restore(scene: Scene, node: NodeProcess, file: Path) -> None:
    """The whole folder is gone; it is made anew from the backup. The node does not run yet."""
    if node.process is not None:
        node.kill()
    shutil.rmtree(node.folder.path)
    restored = node.cli("restore", str(file), str(node.folder.path), "--passphrase-file", str(node.passphrase_file))
    assert restored["authority"] == node.authority


def same_epoch(channel: str, *nodes: NodeProcess) -> bool:
    """Whether the nodes, which are stopped, are in one epoch of the channel."""
    return len({group_of(node, bytes.fromhex(channel)).epoch_authenticator for node in nodes}) == 1


def logged_hashes(scene: Scene, channel: bytes) -> list[bytes]:
    """The relay's log: body hashes in order."""
    query = (
        "SELECT e.body_hash FROM entries e JOIN channels c ON c.number = e.channel WHERE c.channel = ? ORDER BY e.seq"
    )
    with sqlite3.connect(scene.relay.database) as database:
        return [row[0] for row in database.execute(query, (channel,))]


def test_an_hour_old_backup(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz, ug = scene.start(KE, TZ, UG)
        old = scene.consult(ke, [tz, ug])
        say(tz, old, "said before")
        until(lambda: texts(ke, old) == texts(ug, old) == ["first", "said before"], "what is old to arrive")
        file = back_up(tz, tmp_path / "tz.backup")
        say(tz, old, "said after the backup")
        say(ke, old, "read after the backup")
        until(lambda: delivered(ke) >= 2 and len(texts(ug, old)) == 4, "acknowledgements")
        young = scene.consult(ug, [tz], "opened after the backup")
        tz.kill()
        say(ke, old, "missed")
        lose_and_restore(scene, tz, file)
        scene.start(TZ)
        until(lambda: "missed" in texts(tz, old), "what it never acknowledged to come by itself")
        assert texts(tz, old)[:2] == ["first", "said before"], "what was in the backup is there"
        assert "read after the backup" not in texts(tz, old), "its sender's officer was not asked"
        told = until(lambda: [e for e in ke.events("rejoin") if "--lost-by tz.central" in e["summary"]], "the question")
        assert "2 documents" in told[0]["summary"]
        assert len(ke.cli("matter", "share", old, "--lost-by", TZ)["shared"]) == 2
        until(
            lambda: {"read after the backup", "said after the backup"} <= set(texts(tz, old)),
            "what the correspondent's officer shared",
        )
        with pytest.raises(CommandFailed) as refused:
            ke.cli("matter", "share", old, "--lost-by", TZ)
        assert refused.value.problem["exit_code"] == 7
        say(tz, old, "here again")
        until(lambda: "here again" in texts(ke, old) and "here again" in texts(ug, old), "its words")
        # A matter that is younger than the backup is learnt from the relay.
        say(ug, young, "still there")
        until(lambda: "still there" in texts(tz, young), "the younger matter")
        assert ke.events("trouble") == ug.events("trouble") == []
        assert {event["code"] for event in tz.events("trouble")} <= {"rejoin"}
        for text in ("read after the backup", "said after the backup", "missed"):
            for node in (ke, tz, ug):
                assert texts(node, old).count(text) == 1, f"{node.authority} shows {text} once"
        for node in (ke, tz, ug):
            node.stop()
        assert same_epoch(old, ke, tz, ug)
        assert same_epoch(young, tz, ug)


def test_a_week_old_backup(tmp_path: Path) -> None:
    """Every clock goes on by a week: directory, relay and nodes. What was backed up has become old by all terms."""
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        file = back_up(tz, tmp_path / "tz.backup")
        say(tz, matter, "said after the backup")
        until(lambda: delivered(tz) >= 1, "its delivery")
        for process in (ke, tz, scene.relay):
            process.stop()
        scene.move_clock(7 * 24 * 3600)
        scene.simulator.renew()
        scene.relay.drop_bundle(scene.simulator.bundle())
        scene.relay.start()
        scene.start(KE)
        say(ke, matter, "missed")
        lose_and_restore(scene, tz, file)
        scene.start(TZ)
        until(lambda: "missed" in texts(tz, matter), "what it never acknowledged to come by itself")
        ke.cli("matter", "share", matter, "--lost-by", TZ)
        until(lambda: "said after the backup" in texts(tz, matter), "its own words, from its correspondent")
        say(tz, matter, "here again")
        until(lambda: "here again" in texts(ke, matter), "its words")
        assert ke.events("trouble") == []
        for node in (ke, tz):
            node.stop()
        assert same_epoch(matter, ke, tz)


def test_backups_that_cannot_be_restored_change_nothing(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        scene.consult(ke, [tz])
        good, other = back_up(tz, tmp_path / "tz.backup"), back_up(ke, tmp_path / "ke.backup")
        data, foreign = good.read_bytes(), other.read_bytes()
        passphrase = tmp_path / "passphrase"
        passphrase.write_bytes(PASSPHRASE)
        wrong = tmp_path / "wrong"
        wrong.write_text("another one altogether\n")
        target = tmp_path / "new"
        bad = {
            "cut.backup": (data[:-100], passphrase, "cut.backup cannot be restored: it is cut off", 8),
            "begun.backup": (data[:60], passphrase, "begun.backup cannot be restored", 8),
            "empty.backup": (b"", passphrase, "empty.backup cannot be restored", 8),
            "altered.backup": (data[:-50] + b"x" + data[-49:], passphrase, "altered.backup cannot be restored", 8),
            "swapped.backup": (data[:2000] + foreign[2000:], passphrase, "swapped.backup cannot be restored", 8),
            "vault.backup": (tz.folder.vault.read_bytes(), passphrase, "vault.backup cannot be restored", 8),
            "right.backup": (data, wrong, "the passphrase does not open", 5),
        }
        before = sorted(path.name for path in tmp_path.iterdir())
        for name, (content, opened_with, reason, status) in bad.items():
            file = tmp_path / name
            file.write_bytes(content)
            with pytest.raises(CommandFailed) as refused:
                ke.cli("restore", str(file), str(target), "--passphrase-file", str(opened_with))
            problem = refused.value.problem
            assert reason in problem["explanation"], (name, problem)
            assert problem["exit_code"] == status, (name, problem)
            assert problem["next_step"], name
            file.unlink()
        with pytest.raises(CommandFailed) as refused:
            ke.cli("restore", str(tmp_path / "absent"), str(target), "--passphrase-file", str(passphrase))
        assert "does not exist" in refused.value.problem["explanation"]
        vault = ke.folder.vault.read_bytes()
        with pytest.raises(CommandFailed) as refused:
            ke.cli("restore", str(good), str(ke.folder.path), "--passphrase-file", str(passphrase))
        assert "exists and is not empty: nothing was changed" in refused.value.problem["explanation"]
        assert ke.folder.vault.read_bytes() == vault
        assert not target.exists()
        assert sorted(path.name for path in tmp_path.iterdir()) == before, "nothing is left behind"


def test_a_backup_of_many_epochs_ago_uses_no_key_twice(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ke, [tz, ug])
        channel = bytes.fromhex(matter)
        ug.stop()
        first = group_of(ug, channel)
        scene.start(UG)
        file = back_up(tz, tmp_path / "tz.backup")
        for epoch in range(6):
            say(tz, matter, f"tz {epoch}")
            say(ke, matter, f"ke {epoch}")
            count = 3 + 2 * epoch
            until(lambda count=count: len(texts(ke, matter)) == len(texts(tz, matter)) == count, "both")  # type: ignore[misc]
            ke.stop()
            run_in(ke, lambda tx: wish_refresh(tx, channel))
            scene.start(KE)
        tz.kill()
        for number in range(30):
            say(ke, matter, f"missed {number}")
        lose_and_restore(scene, tz, file)
        scene.start(TZ)
        missed = [f"missed {number}" for number in range(30)]
        until(lambda: [text for text in texts(tz, matter) if "missed" in text] == missed, "all that it missed")
        for number in range(10):
            say(tz, matter, f"after {number}")
        until(lambda: f"after {9}" in texts(ug, matter) and f"after {9}" in texts(ke, matter), "its words")
        for node in (ke, tz, ug):
            node.stop()
        assert same_epoch(matter, ke, tz, ug)
        assert group_of(tz, channel).epoch >= first.epoch + 7
        bodies = {body_hash(sent.body): sent.body for sent in scene.tap.sent if sent.form is Form.MLS}
        log = logged_hashes(scene, channel)
        epochs = follow(first, [bodies[each] for each in log if each in bodies])
        uses = [use for body in bodies.values() if (use := key_use(epochs, body)) is not None]
        assert len(uses) > 60
        assert len(set(uses)) == len(uses), "a key encrypted two messages"


def secrets_of(node: NodeProcess, channel: bytes) -> set[bytes]:
    """What MLS keeps secret in the database of a stopped node: of the group, and of its key packages."""
    group = group_of(node, channel)
    epoch, keys = group.state.secrets, group.messages.keys
    found = {getattr(epoch, each.name) for each in fields(epoch)} | set(group.state.private_keys.values())
    found |= set(keys.nodes.values()) | {ratchet.secret for ratchet in keys.ratchets.values()}
    found |= {key for ratchet in keys.ratchets.values() for _, key, _ in ratchet.retained}
    for purpose in (Purpose.ONCE, Purpose.LAST_RESORT):
        for row in run_in(node, partial(_packages, purpose)):
            package = KeyPackageSecrets.decode(row.secrets)
            found |= {package.init_private, package.leaf_private, package.signature_private}
    return {secret for secret in found if len(secret) >= 16}


def _packages(purpose: Purpose, tx: Tx) -> list[PackageRow]:
    return key_packages.select_state(tx.connection, purpose, PackageState.PUBLISHED)


def test_a_backup_holds_no_secret_of_mls(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        say(tz, matter, "a word that must be in it")
        until(lambda: delivered(tz) == 1, "its delivery")
        file = back_up(tz, tmp_path / "tz.backup")
        tz.stop()
        secrets = secrets_of(tz, bytes.fromhex(matter))
        assert len(secrets) > 100, "the search looks for something"
        vault = tmp_path / "vault"
        with file.open("rb") as opened:
            vault.write_bytes(read_vault(opened))
            held = open_vault(vault, PASSPHRASE)
            key = derive_key(held.secret(DATABASE_KEY), PURPOSE)
            plain = b"".join(msgspec.msgpack.encode(each) for each in unseal(opened, vault.read_bytes(), key))
        assert run_in(tz, lambda tx: documents_of(tx.connection, bytes.fromhex(matter)))[-1].id in plain
        assert [secret for secret in secrets if secret in plain] == []
        # The online key is the leaf's signature key: part of the identity, in the vault alone.
        assert set(held) == {IDENTITY, DATABASE_KEY}
        assert held.secret(DATABASE_KEY) not in plain
        assert b"a word that must be in it" not in file.read_bytes()


def test_a_rolled_back_disk_sends_nothing_before_it_is_let_in_again(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        channel = bytes.fromhex(matter)
        tz.stop()
        copy = tmp_path / "old disk"
        shutil.copytree(tz.folder.path, copy)
        old = group_of(tz, channel)
        scene.start(TZ)
        for number in range(3):
            say(tz, matter, f"said {number}")
        until(lambda: len(texts(ke, matter)) == 4, "its words")
        tz.kill()
        shutil.rmtree(tz.folder.path)
        shutil.copytree(copy, tz.folder.path)
        before = len(scene.tap.sent)
        scene.relay.kill()
        tz.start()
        say(tz, matter, "written on the old disk")  # waits: with the old state it would take the first key again
        scene.relay.start()
        until(lambda: "written on the old disk" in texts(ke, matter), "its words after it was let in again")
        assert [event["code"] for event in tz.events("trouble")] == ["rolled_back_state"]
        since = [sent for sent in scene.tap.sent[before:] if sent.author == TZ]
        assert since[0].form is Form.REJOIN, "nothing was sent before the rejoin"
        assert all(peek(sent.body).epoch > old.epoch for sent in since if sent.form is Form.MLS)


def test_without_any_backup_the_recovery_key_brings_the_authority_back(tmp_path: Path) -> None:
    port = free_port()
    with (
        Scene(tmp_path, [KE, TZ, UG], settings=publishing.mirrored(port)) as scene,
        publishing.start(scene, port) as office,
    ):
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ke, [tz, ug])
        say(tz, matter, "said before")
        until(lambda: len(texts(ke, matter)) == len(texts(ug, matter)) == 2, "what is old to arrive")
        until(lambda: delivered(ke) >= 2, "acknowledgements of charter and message")
        tz.kill()
        say(ke, matter, "missed")
        shutil.rmtree(tz.folder.path)
        passphrase, root, offline = str(tz.passphrase_file), tmp_path / "root.json", tmp_path / "tz.recovery"
        root.write_bytes(scene.simulator.root)
        create_vault(offline, PASSPHRASE, {RECOVERY_KEY: scene.simulator.recovery_key(TZ).encode()}, cost=CHEAPEST)
        made = tz.cli(
            *("init", str(tz.folder.path), "--recover", "--authority", TZ, "--key-set", "2"),
            *("--recovery-file", str(offline), "--relay-url", scene.tap.url, "--root", str(root)),
            *("--passphrase-file", passphrase, "--recovery-passphrase-file", passphrase),
        )
        office.publish("authority", "renew", made["enrolment"])
        ke.wait_event("keys_changed", author=TZ, code="endorsed_by_recovery_key")
        scene.start(TZ)
        until(lambda: "missed" in texts(tz, matter), "what it never acknowledged to come by itself")
        assert "first" not in texts(tz, matter)
        assert len(ke.cli("matter", "share", matter, "--lost-by", TZ)["shared"]) == 2
        until(lambda: sorted(texts(tz, matter)) == ["first", "missed", "said before"], "all that there was")
        say(tz, matter, "here again")
        until(lambda: "here again" in texts(ke, matter) and "here again" in texts(ug, matter), "its words")
        assert ke.events("trouble") == ug.events("trouble") == []
        for node in (ke, tz, ug):
            node.stop()
        assert same_epoch(matter, ke, tz, ug)
