"""`rogatory-keys` as its users see it: a ceremony from keys to a bundle, and what is said when something is wrong."""

import json
from pathlib import Path

import pytest

from rogatory.keys.directory.trust import TrustedDirectory
from tests.keys.shell import PASSPHRASE, Shell, published


def test_a_ceremony_from_keys_to_what_a_client_trusts(directory: Shell, tmp_path: Path) -> None:
    assert directory.run("directory show d").splitlines() == [
        "nothing is published yet",
        "draft of root, version 1: 0 of 2 signatures",
        "draft of targets, version 1: 0 of 2 signatures",
        "draft of network-gljcn, version 1: 0 of 1 signatures",
    ]
    assert directory.run("directory sign d --key t1 --passphrase-file pass --yes").splitlines()[-2:] == [
        "t1 signed root: 1 of 2 signatures",
        "t1 signed targets: 1 of 2 signatures",
    ]
    assert "draft of root has 1 of 2 signatures" in directory.run(
        "directory publish d --publisher-key p --passphrase-file pass --yes", status=3
    )
    directory.run("directory sign d --key t2 --key c --passphrase-file pass --yes")
    said = directory.run("directory publish d --publisher-key p --passphrase-file pass --yes")
    assert "published: directory version 1, good until " in said

    directory.run("directory bundle d bundle")
    directory.run("directory root d root.json")
    trusted = TrustedDirectory(tmp_path / "client", Path("root.json").read_bytes())
    client = trusted.refresh(Path("bundle").read_bytes())
    assert [entry.id for entry in client.authorities()] == ["ke.central", "tz.central"]
    assert client.members_at("gljcn", 1) == {"ke.central", "tz.central"}

    directory.run("network roster gljcn -d d --member tz.central")
    directory.run("authority strike-off ke.central -d d --compromised-since 2026-01-02T03:04:05")
    directory.run("directory rotate d --trustee t2.pub --trustee t3.pub --threshold 2")
    directory.run(
        "directory publish d --publisher-key p --key t1 --key t2 --key t3 --key c --passphrase-file pass --yes"
    )
    directory.run("directory renew d --publisher-key p --passphrase-file pass")
    directory.run("directory bundle d bundle")
    client = trusted.refresh(Path("bundle").read_bytes())
    assert (client.root_version, client.targets_version, client.timestamp_version) == (2, 2, 3)
    assert client.members_at("gljcn", 2) == {"tz.central"}
    assert client.key_set("ke.central", 1).compromised_since == 1_767_323_045


def test_json_output(directory: Shell) -> None:
    published(directory)
    shown = json.loads(directory.run("directory show d --json"))
    assert shown["published"]["targets_version"] == 1
    assert [entry["id"] for entry in shown["published"]["authorities"]] == ["ke.central", "tz.central"]
    roster = json.loads(directory.run("network roster gljcn -d d --json"))
    assert [seat["authority"] for seat in roster["members"]] == ["ke.central", "tz.central"]
    checked = json.loads(directory.run("authority check ke.central.json --json"))
    assert len(checked["fingerprint"].split()) == 12


def test_both_sides_of_an_enrolment_see_the_same_fingerprint(directory: Shell) -> None:
    published(directory)
    digits = json.loads(directory.run("fingerprint ke.central.json --json"))["fingerprint"]
    assert digits in directory.run("authority check ke.central.json")
    assert digits in directory.run("authority add ke.central.json -d d")


def test_fingerprints_of_every_kind_of_file(directory: Shell) -> None:
    published(directory)
    directory.run("directory root d root.json")
    said = [directory.run(f"fingerprint {file}") for file in ("relay.json", "t1.pub", "root.json", "tz.central.json")]
    assert [line.split(":")[0] for line in said] == ["relay.one", "trustee", "root 1", "tz.central"]
    assert len({line.split(":")[1] for line in said}) == 4
    assert "pass: it is no enrolment or renewal file" in directory.run("fingerprint pass", status=3)


def test_the_passphrase_is_never_on_the_command_line_and_never_shown(
    keys: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROGATORY_PASSPHRASE_FILE", "pass")
    assert PASSPHRASE not in keys.run("trustee create t4")
    assert "passphrase-file" in keys.run("trustee create --help")
    assert "--passphrase " not in keys.run("trustee create --help")


WRONG: list[tuple[str, int, str]] = [
    ("trustee create t1 --passphrase-file pass", 6, "t1 exists and is not overwritten"),
    ("trustee create t9 --passphrase-file nowhere", 4, "nowhere cannot be read"),
    ("trustee create t9 --passphrase-file short", 4, "at least 12 characters"),
    ("trustee create t9", 4, "no passphrase"),
    ("directory sign d --key t1 --passphrase-file wrong", 4, "does not open t1"),
    ("directory sign d --key t9 --passphrase-file pass", 6, "t9 does not exist"),
    ("directory sign d --key t1.pub --passphrase-file pass", 3, "t1.pub is no vault"),
    ("directory sign d --key p --passphrase-file pass", 3, "p signs none of these drafts"),
    ("directory sign d --key t1 --passphrase-file pass", 3, "Nobody is there to answer"),
    ("directory publish d --publisher-key p --key t1 --passphrase-file pass", 3, "Nobody is there to answer"),
    ("directory show nowhere", 3, "holds no directory"),
    ("directory bundle d out", 3, "nothing is published yet"),
    ("directory init d --trustee t1.pub --threshold 1 --publisher p.pub", 3, "not empty"),
    ("directory init e --trustee t1.pub --threshold 2 --publisher p.pub", 3, "threshold of 2"),
    ("directory init e --trustee p.pub --threshold 1 --publisher p.pub", 3, "p.pub is the key of a publisher"),
    ("directory init e --trustee t1 --threshold 1 --publisher p.pub", 3, "t1 is no public key file"),
    ("directory init e --trustee t9.pub --threshold 1 --publisher p.pub", 6, "t9.pub: there is no such file"),
    ("authority add relay.json -d d", 3, "of another kind"),
    ("authority add altered.json -d d", 3, "does not prove"),
    ("authority strike-off zm.central -d d", 3, "zm.central is not in the directory's authorities"),
    ("authority strike-off Kenya -d d", 3, "'Kenya' is no authority id"),
    ("network roster wacap -d d", 3, "wacap is not in the directory's networks"),
    ("network roster gljcn -d d --member zm.central", 3, "zm.central is not enrolled"),
    ("network add GL -d d --relay relay.one --name en=x --coordinator-key c.pub", 3, "'GL' is no network id"),
    ("network add gl -d d --relay relay.two --name en=x --coordinator-key c.pub", 3, "relay.two"),
    ("network add gl -d d --relay relay.one --name x --coordinator-key c.pub", 2, "LANGUAGE=NAME"),
    ("network add gl -d d --relay relay.one --name en=x --coordinator-key c.pub --channel 12", 3, "channel"),
    ("directory rotate d --threshold 2", 2, "--trustee"),
    ("directory", 2, ""),
    ("directory frobnicate", 2, "frobnicate"),
]


@pytest.mark.parametrize(("command", "status", "said"), WRONG, ids=[command for command, _, _ in WRONG])
def test_what_is_wrong_is_said_and_nothing_changes(directory: Shell, command: str, status: int, said: str) -> None:
    Path("wrong").write_text("not the passphrase\n")
    Path("short").write_text("short\n")
    altered = Path("ke.central.json").read_text()
    at = altered.index('"online"') + len('"online": "')
    Path("altered.json").write_text(altered[:at] + ("A" if altered[at] != "A" else "B") + altered[at + 1 :])
    before = {path: path.read_bytes() for path in Path("d").rglob("*.json")}
    assert said in " ".join(directory.run(command, status).split())
    assert {path: path.read_bytes() for path in Path("d").rglob("*.json")} == before
