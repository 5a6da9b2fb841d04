"""A matter is closed while one node is off and another one is killed again and again: the keys go everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rogatory.node.setup import open_key_sets
from rogatory.node.store import groups
from rogatory.node.store.groups import Role
from tests.node.pages import pages, secrets_of
from tests.node.process import PASSPHRASE, CommandFailed, NodeProcess
from tests.scenarios.scene import Scene, said, say, until
from tests.scenarios.stopped_node import group_of, run_in

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def closed(node: NodeProcess, matter: str) -> Any:
    """How a node shows the matter's end."""
    return node.api("GET", f"/v1/matters/{matter}")["closed"]


def keys_gone(node: NodeProcess, matter: str) -> bool:
    """Whether it says that its keys are deleted."""
    found = closed(node, matter)
    return found is not None and found["keys_gone_at"] is not None


def readable(node: NodeProcess) -> bytes:
    """All pages of a stopped node's database, as whoever has disk and passphrase reads them."""
    return pages(node.folder.database, open_key_sets(node.folder, PASSPHRASE)[1])


def test_the_keys_of_a_closed_matter_go_whatever_happens(tmp_path: Path) -> None:
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz, ug = scene.start(KE, TZ, UG)
        matter = scene.consult(ke, [tz, ug])
        channel = bytes.fromhex(matter)
        say(tz, matter, "second")
        until(lambda: all(len(said(node, matter)) == 2 for node in (ke, tz, ug)), "the second message")

        # Something waits at a node that is off; then the log is closed before it is on again.
        scene.relay.kill()
        say(ug, matter, "too late")
        tz.kill()
        ug.kill()
        secrets = {node: secrets_of(group_of(node, channel)) for node in (tz, ug)}
        assert all(secret in readable(tz) for secret in secrets[tz])
        scene.relay.start()
        answer = ke.cli("matter", "close", matter, "--reason", "Everything has come.")
        ke.wait_event("matter_closed", document=answer["document"])
        assert not keys_gone(ke, matter)

        # Killed before, while and after it reads the closing.
        for _ in range(3):
            tz.start()
            tz.kill()
        tz.start().wait_event("matter_closed")
        tz.restart()
        assert keys_gone(tz, matter)
        assert not keys_gone(ke, matter)

        scene.start(UG)
        late = ug.wait_event("document_void", code="closed")
        assert "not delivered: the matter was closed at entry" in late["summary"]
        until(lambda: all(keys_gone(node, matter) for node in (ke, tz, ug)), "the keys to go everywhere")

        place = closed(ke, matter)["seq"]
        for node in (ke, tz, ug):
            assert closed(node, matter)["seq"] == place
            with pytest.raises(CommandFailed) as refused:
                node.cli("consult", "say", matter, "--text", "more")
            assert refused.value.problem["error"] == "conflict"
            assert f"closed at entry {place}" in refused.value.problem["explanation"]
            assert "closed" in node.cli_text("matter", "show", matter)
            assert node.events("trouble") == []
            texts = [text for _, text in said(node, matter)]
            assert texts[:2] == ["first", "second"]
        with pytest.raises(CommandFailed) as again:
            ke.cli("matter", "close", matter)
        assert "already" in again.value.problem["explanation"]

        for node in (ke, tz, ug):
            node.stop()
        for node in (ke, tz, ug):
            held = run_in(node, lambda tx: [groups.get(tx.connection, channel, role) for role in Role])
            assert held == [None, None]
        for node, before in secrets.items():
            seen = readable(node)
            assert b"Everything has come." in seen  # documents stay
            assert not [secret for secret in before if secret in seen]
