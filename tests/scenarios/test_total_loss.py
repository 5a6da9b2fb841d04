"""Everything of an authority is lost, its recovery key too: trustees and correspondents bring it back, by commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.relay.process import free_port
from tests.scenarios import publishing
from tests.scenarios.publishing import keys_command
from tests.scenarios.scene import Scene, said, say, until

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def test_trustees_enrol_anew_and_correspondents_confirm(tmp_path: Path) -> None:
    port = free_port()
    with (
        Scene(tmp_path, [KE, TZ, UG], settings=publishing.mirrored(port)) as scene,
        publishing.start(scene, port) as office,
    ):
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter, other = scene.consult(ke, [tz]), scene.consult(ug, [tz, ke])
        until(lambda: ke.events("document_delivered"), "an acknowledgement of what was said before the loss")
        tz.kill()
        shutil.rmtree(tz.folder.path)
        say(ke, matter, "missed")
        root = tmp_path / "root.json"
        root.write_bytes(scene.simulator.root)
        made = tz.cli(
            *("init", str(tz.folder.path), "--authority", TZ, "--state", "tz", "--name", "en=Tanzania"),
            *("--relay", "relay.one", "--relay-url", scene.tap.url, "--root", str(root), "--key-set", "2"),
            *("--passphrase-file", str(tz.passphrase_file)),
        )
        seen_by_trustees = json.loads(keys_command("authority", "check", made["enrolment"], "--json"))
        assert seen_by_trustees["fingerprint"] == made["fingerprint"]
        office.publish("authority", "renew", made["enrolment"], "--unendorsed")
        scene.start(TZ)
        for node in (ke, ug):
            told = node.wait_event("keys_changed", author=TZ, code="unendorsed")
            assert made["fingerprint"] in told["summary"]
            node.wait_event("trouble", code="unconfirmed")
        assert tz.api("GET", "/v1/matters") == [], "nobody lets it in before a person has looked"

        ke.cli("authority", "confirm", TZ, "--fingerprint", made["fingerprint"])
        until(lambda: "missed" in [text for _, text in said(tz, matter)], "what it never acknowledged to come")
        assert (KE, "first") not in said(tz, matter)
        ke.cli("matter", "share", matter, "--lost-by", TZ)
        until(lambda: (KE, "first") in said(tz, matter), "what it had acknowledged, on an officer's word")
        say(tz, matter, "back again")
        until(lambda: (TZ, "back again") in said(ke, matter), "its words")
        # Kenya's node lets it in to the other matter too, where Kenya is a party: one officer's word is enough there.
        until(lambda: other in {each["matter"] for each in tz.api("GET", "/v1/matters")}, "the other matter")
        say(ug, other, "welcome back")
        until(lambda: (UG, "welcome back") in said(tz, other), "the exchange goes on")
        ug.cli("authority", "confirm", TZ, "--fingerprint", made["fingerprint"])
        # A new matter needs the word of the officer who opens it, which is given now.
        young = scene.consult(ug, [tz], "a new matter")
        parties = ug.cli("matter", "show", young)["parties"]
        assert [each["confirmed_at"] is not None for each in parties if each["authority"] == TZ] == [True]
