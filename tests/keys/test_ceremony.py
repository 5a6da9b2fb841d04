"""Ceremonies by files on a stick: each machine has a folder of its own, and only files travel between them."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rogatory.keys import vault
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.enrolment import check_enrolment, enrol_authority
from rogatory.keys.identity import Identity, RecoveryKey
from rogatory.keys.publishing import folder
from rogatory.keys.publishing.draft_file import decode_draft, encode_draft
from rogatory.keys.publishing.key_file import open_key_file
from rogatory.keys.renewal import renew
from rogatory.protocol.documents import DocumentKeys
from tests.keys.conversation import Conversation
from tests.keys.shell import PASSPHRASE, Shell
from tests.keys.simulator import DirectorySimulator

PASS = "--passphrase-file pass"


@pytest.fixture
def founded(directory: Shell) -> Shell:
    """Published first by hand: `d` is the secretary's working folder, `pub` the publisher's."""
    directory.run("directory propose d first.draft")
    directory.run(f"directory sign first.draft --key t1 --out one.draft {PASS} --yes")
    directory.run(f"directory sign first.draft --key t2 --key c --out two.draft {PASS} --yes")
    directory.run("directory assemble one.draft two.draft --out whole.draft")
    directory.run(f"directory publish pub --draft whole.draft --publisher-key p {PASS} --yes")
    updated(directory)
    directory.run("directory root pub root.json")
    return directory


def updated(shell: Shell) -> None:
    """What is published reaches the secretary's folder."""
    shell.run("directory bundle pub bundle")
    shell.run("directory update d --bundle bundle")


def carried_out(shell: Shell, *trustees: str) -> str:
    """Propose what is drafted in `d`, let these sign one after the other on the same stick, publish."""
    said = shell.run("directory propose d stick.draft")
    for trustee in trustees:
        shell.run(f"directory sign stick.draft --key {trustee} {PASS} --yes")
    shell.run(f"directory publish pub --draft stick.draft --publisher-key p {PASS} --yes")
    updated(shell)
    return said


def client(tmp_path: Path) -> TrustedDirectory:
    return TrustedDirectory(tmp_path / "client", Path("root.json").read_bytes())


def test_the_first_ceremony(directory: Shell, tmp_path: Path) -> None:
    said = directory.run("directory propose d first.draft")
    digits = directory.run("fingerprint t1.pub").split(": ")[1].strip()
    assert f"root: may be signed by the trustee key {digits}" in said
    assert "a NEW directory; nobody trusts it yet" in said
    assert "root: 2 of 3 keys must sign" in said
    assert "authority ADDED: ke.central" in said
    assert directory.run("fingerprint ke.central.json").split(": ")[1].strip() in said
    assert "relay ADDED: relay.one" in said
    assert "network ADDED: gljcn" in said
    assert "gljcn: ke.central becomes coordinator" in said
    assert "one may still send for 168 hours" in said
    assert said.splitlines()[-2] == "network-gljcn: 0 of 1 signatures"

    one = directory.run(f"directory sign first.draft --key t1 --out one.draft {PASS} --yes")
    assert "authority ADDED: ke.central" in one, "whoever signs sees what"
    assert "t1 will sign: root, targets" in one
    two = directory.run(f"directory sign first.draft --key t2 --key c --out two.draft {PASS} --yes")
    assert "c will sign: network-gljcn" in two
    assert "more signatures are needed" in directory.run("directory assemble one.draft --out whole.draft")
    assert "complete, take it to the publisher" in directory.run(
        "directory assemble one.draft two.draft --out whole.draft"
    )
    reviewed = json.loads(directory.run("directory review whole.draft --json"))
    assert reviewed["signatures"] == {"root": [2, 2], "targets": [2, 2], "network-gljcn": [1, 1]}
    directory.run(f"directory publish pub --draft whole.draft --publisher-key p {PASS} --yes")
    directory.run("directory root pub root.json")
    directory.run("directory bundle pub bundle")
    assert client(tmp_path).refresh(Path("bundle").read_bytes()).members_at("gljcn", 1) == {"ke.central", "tz.central"}


def test_a_change_says_what_it_was(founded: Shell) -> None:
    entry = check_enrolment(Path("ke.central.json").read_bytes())
    founded.run("authority strike-off tz.central -d d --compromised-since 2026-01-02T03:04:05")
    founded.run("directory extend d --role root")
    said = carried_out(founded, "t2", "t3")
    assert "changes to directory version 1 of root" in said
    assert "tz.central: STRUCK OFF" in said
    assert "tz.central: key set 1 ends" in said
    assert "tz.central: key set 1 is COMPROMISED since 2026-01-02 03:04:05 UTC" in said
    assert "root, version 2, good until" in said
    assert "nothing changes but its term" in said
    assert entry.id not in said
    assert "directory version 2" in founded.run("directory show d")


def test_nothing_in_an_entry_can_hide_from_the_reader(keys: Shell) -> None:
    """Control characters would let an entry overwrite what the trustee sees."""
    identity, recovery = Identity.generate("ug.central", os.urandom), RecoveryKey.generate("ug.central", os.urandom)
    entry = check_enrolment(Path("ke.central.json").read_bytes())
    evil = "Kampala\x1b[2K\x1b[1Gke.central\u202e"
    changed = type(entry)(
        id="ug.central",
        state="UG",
        names={"en": "Uganda"},
        competences=entry.competences,
        relay="relay.one",
        key_sets=entry.key_sets,
        address=evil,
    )
    Path("ug.json").write_bytes(enrol_authority(changed, identity, recovery))
    said = keys.run("authority check ug.json")
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert r"Kampala\u001b[2K\u001b[1Gke.central\u202e" in said


# Root


def test_a_trustee_is_lost(founded: Shell, tmp_path: Path) -> None:
    old = client(tmp_path)
    old.refresh(Path("bundle").read_bytes())
    founded.run(f"trustee create t4 {PASS}")
    founded.run("directory rotate d --trustee t2.pub --trustee t3.pub --trustee t4.pub --threshold 2")
    said = carried_out(founded, "t2", "t3")
    lost = founded.run("fingerprint t1.pub").split(": ")[1].strip()
    assert f"root: may NO LONGER be signed by the trustee key {lost}" in said
    assert old.refresh(Path("bundle").read_bytes()).root_version == 2

    founded.run("authority strike-off tz.central -d d")
    founded.run("directory propose d stick.draft")
    refused = founded.run(f"directory sign stick.draft --key t1 {PASS} --yes", status=3)
    assert "t1 signs none of these drafts" in refused
    carried_out(founded, "t4", "t2")
    assert old.refresh(Path("bundle").read_bytes()).struck_off("tz.central", 3)


def test_another_threshold(founded: Shell, tmp_path: Path) -> None:
    old = client(tmp_path)
    founded.run("directory rotate d --trustee t1.pub --trustee t2.pub --trustee t3.pub --threshold 3")
    assert "root: 3 of 3 keys must sign (was 2 of 3 keys)" in founded.run("directory propose d stick.draft")
    for trustee in ("t1", "t2"):
        founded.run(f"directory sign stick.draft --key {trustee} {PASS} --yes")
    publish = f"directory publish pub --draft stick.draft --publisher-key p {PASS} --yes"
    assert "the draft of root has 2 of 3 signatures" in founded.run(publish, status=3)
    founded.run(f"directory sign stick.draft --key t3 {PASS} --yes")
    founded.run(publish)
    founded.run("directory bundle pub bundle")
    assert old.refresh(Path("bundle").read_bytes()).root_version == 2


def test_the_whole_root_changes_five_times_while_a_client_is_away(founded: Shell, tmp_path: Path) -> None:
    old = client(tmp_path)
    old.refresh(Path("bundle").read_bytes())
    before = ["t1", "t2", "t3"]
    for generation in range(5):
        after = [f"g{generation}{letter}" for letter in "abc"]
        for name in after:
            founded.run(f"trustee create {name} {PASS}")
        founded.run(f"publisher create p{generation} {PASS}")
        trustees = " ".join(f"--trustee {name}.pub" for name in after)
        founded.run(f"directory rotate d {trustees} --threshold 2 --publisher p{generation}.pub")
        founded.run("directory propose d stick.draft")
        for name in (*before[:2], *after[:2]):
            founded.run(f"directory sign stick.draft --key {name} {PASS} --yes")
        founded.run(f"directory publish pub --draft stick.draft --publisher-key p{generation} {PASS} --yes")
        updated(founded)
        before = after
    directory = old.refresh(Path("bundle").read_bytes())
    assert (directory.root_version, directory.targets_version) == (6, 6)
    late = TrustedDirectory(tmp_path / "late", Path("root.json").read_bytes())
    assert late.refresh(Path("bundle").read_bytes()).root_version == 6
    founded.run("directory export-history pub history")


# Files that are bad


def test_bad_files_are_named_and_change_nothing(founded: Shell) -> None:
    founded.run("authority strike-off tz.central -d d")
    founded.run("directory propose d good.draft")
    good = Path("good.draft").read_bytes()
    Path("cut.draft").write_bytes(good[:-100])
    middle = len(good) // 2
    Path("flipped.draft").write_bytes(good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :])
    Path("empty.draft").write_bytes(b"")
    signed_by_the_wrong_role("good.draft", "wrong-role.draft")
    founded.run("directory discard d")
    Path("expired.draft").write_bytes(expired_draft())
    founded.run("authority strike-off ke.central -d d")
    founded.run("directory propose d other.draft")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}

    sign = f"directory sign {{}} --key t1 {PASS} --yes"
    publish = f"directory publish pub --draft {{}} --publisher-key p {PASS} --yes"
    for command, said in {
        sign.format("cut.draft"): "cut.draft is refused: it is no draft of a directory, or not a whole one",
        sign.format("empty.draft"): "empty.draft is refused",
        sign.format("flipped.draft"): "flipped.draft is refused",
        sign.format("bundle"): "bundle is refused: it is no draft of a directory",
        sign.format("t1.pub"): "t1.pub is refused: it is no draft of a directory",
        f"directory sign good.draft --key p {PASS} --yes": "p signs none of these drafts",
        f"directory sign good.draft --key c {PASS} --yes": "c signs none of these drafts",
        "directory assemble good.draft other.draft --out x": "other.draft does not go with good.draft: another",
        publish.format("good.draft"): "the draft of targets has 0 of 2 signatures",
        publish.format("cut.draft"): "cut.draft is refused",
        "directory update d --bundle good.draft": "good.draft: this is no directory bundle",
        "directory update new --bundle bundle": "give --root",
        "directory update new --bundle bundle --root ke.central.json": "ke.central.json: the directory's root",
        "authority renew ke.central.json -d d": "ke.central.json: the file brings key set 1, and the next of",
        "authority add relay.json -d d": "relay.json: this file is of another kind",
        "authority check bundle": "bundle: this is no enrolment file",
        "relay add ke.central.json -d d": "ke.central.json: this file is of another kind",
        "fingerprint pass": "pass: it is no enrolment or renewal file",
        sign.format("expired.draft"): "the draft of targets ran out on",
        publish.format("expired.draft"): "the draft of targets ran out on",
        publish.format("wrong-role.draft"): "the draft of targets has 0 of 2 signatures",
        "directory extend d --role network-wacap": "no role network-wacap",
        f"directory publish pub --publisher-key p {PASS} --yes": "there is no draft",
        "directory review nowhere.draft": "nowhere.draft",
    }.items():
        assert said in " ".join(founded.run(command, status=6 if "nowhere" in command else 3).split()), command
        after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file() and path.name != "lock"}
        assert after == {path: data for path, data in before.items() if path.name != "lock"}, command


def expired_draft() -> bytes:
    """Proposed by a machine whose clock is far behind."""
    repository = folder.load(Path("d"))
    repository.extend("targets", datetime.now(UTC) - timedelta(days=400))
    return encode_draft(repository)


def signed_by_the_wrong_role(source: str, out: str) -> None:
    """The publisher's and a coordinator's signatures under the trustees' draft."""
    repository = decode_draft(Path(source).read_bytes(), source)
    draft = repository.draft("targets")
    for key in ("p", "c"):
        draft.sign(open_key_file(Path(key), PASSPHRASE.encode()), append=True)
    repository.drafts["targets.json"] = draft.to_bytes()
    Path(out).write_bytes(encode_draft(repository))


def test_a_draft_made_from_an_older_directory(founded: Shell) -> None:
    founded.run("authority strike-off tz.central -d d")
    founded.run("directory propose d late.draft")
    for trustee in ("t1", "t2"):
        founded.run(f"directory sign late.draft --key {trustee} {PASS} --yes")
    founded.run("directory discard d")
    founded.run("directory extend d --role targets")
    carried_out(founded, "t1", "t2")
    refused = founded.run(f"directory publish pub --draft late.draft --publisher-key p {PASS} --yes", status=3)
    assert "the draft of targets is version 2, and the next here is 3" in refused
    assert "propose it again" in refused


def test_a_working_folder_is_begun_and_kept_current(founded: Shell) -> None:
    founded.run("directory update mine --bundle bundle --root root.json")
    founded.run("network roster gljcn -d mine --member tz.central")
    said = founded.run("directory propose mine roster.draft")
    assert "gljcn: ke.central is NO LONGER member" in said
    founded.run(f"directory sign roster.draft --key c {PASS} --yes")
    founded.run(f"directory publish pub --draft roster.draft --publisher-key p {PASS} --yes")
    founded.run("directory bundle pub bundle")
    assert "draft of network-gljcn: dropped, a newer version is published" in founded.run(
        "directory update mine --bundle bundle"
    )
    founded.run(f"directory renew pub --publisher-key p {PASS}")
    founded.run("directory bundle pub newer")
    founded.run("directory update mine --bundle newer")


# Authorities


def test_keys_are_renewed_by_file(founded: Shell, tmp_path: Path) -> None:
    """After a loss: a new enrolment, endorsed where the recovery key lies."""
    entry = check_enrolment(Path("ke.central.json").read_bytes())
    identity, new = Identity.generate("ke.central", os.urandom, 2), RecoveryKey.generate("ke.central", os.urandom)
    Path("lost.json").write_bytes(enrol_authority(entry, identity, new))
    refused = founded.run("authority renew lost.json -d d", status=3)
    assert "signed neither by its keys in force nor by its recovery key" in refused
    assert "give --unendorsed" in refused

    stranger = RecoveryKey.generate("ke.central", os.urandom)
    vault.create_vault(
        Path("stranger.key"), PASSPHRASE.encode(), {"recovery_key": stranger.encode()}, cost=vault.CHEAPEST
    )
    founded.run(f"authority endorse lost.json --recovery-key stranger.key --out forged.json {PASS}")
    assert "neither by its key set in force nor by its recovery key" in founded.run(
        "authority renew forged.json -d d", status=3
    )
    assert "MissingSecret" not in founded.run(f"authority endorse lost.json --recovery-key t1 {PASS}", status=3)

    founded.run(f"authority endorse lost.json --recovery-key ke.central.recovery --out renewal.json {PASS}")
    said = founded.run("authority renew renewal.json -d d --compromised-since 2026-01-02")
    digits = founded.run("fingerprint renewal.json").split(": ")[1].strip()
    assert digits in said
    assert "signed by the authority's recovery key" in said
    assert f"ke.central: key set 2 has the fingerprint {digits}" in carried_out(founded, "t1", "t3")
    directory = client(tmp_path).refresh(Path("bundle").read_bytes())
    assert directory.document_keys("ke.central", 2) == DocumentKeys(
        identity.document_signer().keys.ed25519, identity.document_signer().keys.mldsa65
    )
    assert not directory.standing("ke.central", 2).waits_for_confirmation

    third = Identity.generate("ke.central", os.urandom, 3)
    Path("third.json").write_bytes(renew(third, new.public(), None))
    founded.run("authority renew third.json -d d --unendorsed")
    assert "every correspondent will be asked to confirm its fingerprint" in carried_out(founded, "t1", "t3")
    assert client(tmp_path).refresh(Path("bundle").read_bytes()).standing("ke.central", 3).waits_for_confirmation


def test_a_fingerprint_as_a_code(keys: Shell) -> None:
    digits = keys.run("fingerprint ke.central.json").split(": ")[1].strip()
    said = keys.run("authority check ke.central.json --qr --qr-file code.svg")
    assert f"fingerprint: {digits}" in said
    assert len([line for line in said.splitlines() if "█" in line or "▄" in line]) > 15
    assert said.splitlines()[-10:] == keys.run("fingerprint ke.central.json --qr --qr-file code.png").splitlines()[-10:]
    assert Path("code.svg").read_text().startswith("<?xml")
    assert Path("code.png").read_bytes().startswith(b"\x89PNG")
    assert "ends with .svg or .png" in keys.run("fingerprint ke.central.json --qr-file code.gif", status=3)


def test_who_is_competent(founded: Shell) -> None:
    assert founded.run("authority find -d pub --state KE --purpose extradition").startswith("ke.central\n")
    assert "nobody" in founded.run("authority find -d pub --state KE --purpose firearms")
    found = json.loads(founded.run("authority find -d pub --state tz --json"))
    assert [entry["id"] for entry in found] == ["tz.central"]


# The publisher as a process


def test_the_publisher_runs(founded: Shell, tmp_path: Path) -> None:
    Path("publisher.toml").write_text(
        'directory = "pub"\nkey = "p"\npassphrase_file = "pass"\nport = 0\nwatch_seconds = 0.2\nincoming = "drop"\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "rogatory.keys.cli", "publisher", "run", "--config", "publisher.toml"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        started = json.loads(process.stderr.readline())
        assert started["event"] == "listening", started
        url = f"{started['address']}/directory"
        old = client(tmp_path)
        assert old.refresh(fetched(url)).targets_version == 1

        founded.run("authority strike-off tz.central -d d")
        founded.run("directory propose d stick.draft")
        for trustee in ("t1", "t2"):
            founded.run(f"directory sign stick.draft --key {trustee} {PASS} --yes")
        Path("stick.draft").rename("drop/strike-off.draft")
        dropped = time.monotonic()
        published = json.loads(process.stderr.readline())
        assert published["event"] == "published", published
        assert "  tz.central: STRUCK OFF, trusted with nothing new from now on" in published["changes"]
        assert time.monotonic() - dropped < 10
        assert old.refresh(fetched(url)).struck_off("tz.central", 2)
        assert Path("pub/directory.bundle").read_bytes() == fetched(url)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        data: bytes = response.read()
        return data


def test_a_publisher_that_cannot_start(founded: Shell) -> None:
    Path("wrong").write_text("not the passphrase\n")
    assert "does not open p" in founded.run("publisher run -d pub --key p --passphrase-file wrong", status=4)
    assert "holds no directory" in founded.run(f"publisher run -d nowhere --key p {PASS}", status=3)
    assert "Object missing required field" in founded.run("publisher run --key p", status=3)


# Verification


def test_a_stranger_verifies(shell: Shell) -> None:
    simulator = DirectorySimulator()
    conversation = Conversation(simulator)
    letter = conversation.write()
    conversation.acknowledge()
    simulator.renew_keys("ke.central")
    Path("proof").write_bytes(conversation.proof())
    Path("letter.json").write_bytes(letter.envelope)
    Path("history").write_bytes(simulator.exported_history())
    Path("root.json").write_bytes(simulator.root)
    with_history = "--history history --root root.json"

    said = shell.run(f"verify proof {with_history} --text text.json")
    assert "ke.central (Central Authority ke.central, KE) to tz.central" in said
    assert "everything above is proven" in said
    assert "what was revoked later is not seen here" in said
    assert json.loads(Path("text.json").read_bytes())["author"] == "ke.central"
    assert json.loads(shell.run(f"verify proof {with_history} --json"))["verdict"] == "proven"
    assert "not everything is proven" in shell.run(f"verify letter.json {with_history}", status=7)

    data = conversation.proof()
    Path("cut").write_bytes(data[:-3])
    assert "cut is no proof file or document" in shell.run(f"verify cut {with_history}", status=3)
    Path("forged").write_bytes(data.replace(letter.salt, bytes(32)))
    assert "the evidence is contradicted" in shell.run(f"verify forged {with_history}", status=3)
    assert "proof is refused" in shell.run("verify letter.json --history proof --root root.json", status=3)
    Path("other.json").write_bytes(DirectorySimulator(seed=2).root)
    assert "history is refused" in shell.run("verify proof --history history --root other.json", status=3)
