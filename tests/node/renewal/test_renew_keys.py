"""New keys for a running node, over real processes: made, taken into the directory, used without losing anything."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rogatory.keys.publishing import changes
from rogatory.keys.renewal import check_renewal
from rogatory.node.renewal.handover import handover_key, seal_identity
from tests.node.process import NodeProcess
from tests.scenarios.scene import Scene, said, until

KE, TZ = "ke.central", "tz.central"


def renew(node: NodeProcess) -> dict[str, Any]:
    made: dict[str, Any] = node.cli("renew-keys", "--passphrase-file", str(node.passphrase_file))
    return made


def publish(scene: Scene, file: str) -> None:
    """The trustees take the renewal file in, and the relay mirrors it."""
    repository = scene.simulator.repository
    held = scene.simulator.directory().authority(KE)
    renewal = check_renewal(Path(file).read_bytes(), held, scene.simulator.directory().targets_version + 1)
    changes.renew_keys(repository, renewal.renewal, scene.simulator.now())
    scene.simulator.publish()
    scene.relay.publish()


def say(node: NodeProcess, matter: str, text: str) -> str:
    sent: str = node.api("POST", f"/v1/matters/{matter}/messages", {"text": text})["document"]
    return sent


def test_the_node_and_its_channels_follow_the_directory(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        made = renew(ke)
        again = renew(ke)
        assert (again["fingerprint"], again["made_before"]) == (made["fingerprint"], True)
        assert (made["key_set"], made["made_before"]) == (2, False)
        status = ke.cli("status")
        assert (status["key_set"], status["next_key_set"], status["enrolled"]) == (1, 2, True)
        tz.stop()
        before = say(ke, matter, "before the renewal")
        publish(scene, made["file"])
        under_way = [say(ke, matter, f"under way {number}") for number in range(5)]
        ke.wait_until(lambda: ke.api("GET", "/v1/status")["key_set"] == 2, "use its new keys")
        after = say(ke, matter, "after it")
        tz.start().wait_online()
        texts = ["before the renewal", *(f"under way {number}" for number in range(5)), "after it"]
        until(lambda: [text for _, text in said(tz, matter)][-len(texts) :] == texts, "everything is here once")
        say(tz, matter, "read")
        until(lambda: (TZ, "read") in said(ke, matter), "the answer came")
        assert tz.cli("document", "show", before)["key_set"] == 1
        assert tz.cli("document", "show", after)["key_set"] == 2
        for document in (before, *under_way, after):
            until(lambda: ke.cli("document", "show", document)["stage"] == "delivered", f"{document} is delivered")  # noqa: B023
        ke.restart()
        ke.wait_online()
        assert ke.api("GET", "/v1/status")["key_set"] == 2
        # A member added later still finds key packages, which are of the new keys.
        other = scene.consult(tz, [ke], "with packages of the new keys")
        until(lambda: (TZ, "with packages of the new keys") in said(ke, other), "the new matter is open")
        assert not ke.events("trouble")
        assert not tz.events("trouble")


def test_the_next_renewal_drops_the_key_set_before_the_last(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE]) as scene:
        (ke,) = scene.start(KE)
        for number in (2, 3):
            made = renew(ke)
            assert made["key_set"] == number
            publish(scene, made["file"])
            ke.wait_until(lambda: ke.api("GET", "/v1/status")["key_set"] == number, "follow")  # noqa: B023
        ke.restart()
        ke.wait_online()
        assert ke.cli("status")["key_set"] == 3


def test_keys_from_elsewhere_are_not_taken_by_the_running_node(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE]) as scene:
        (ke,) = scene.start(KE)
        forged = seal_identity(scene.simulator.stranger(KE), handover_key(bytes(32)))
        address = ke.folder.read_address().url
        request = urllib.request.Request(
            f"{address}/v1/keys",
            msgspec.json.encode({"sealed": forged}),
            {"Authorization": f"Bearer {ke.folder.read_token()}", "Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 422
        assert ke.cli("status")["next_key_set"] is None
