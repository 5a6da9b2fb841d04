"""What relay and nodes log of a whole conversation, at the most talkative level: no person, no content, no name."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from rogatory.keys.errors import LinkAuthenticationError
from tests.node.letters import BANK_RECORDS
from tests.relay.client import Client, Departed
from tests.scenarios.scene import Scene, say, until

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
REPLY = "The account was closed in Mwanza."


async def test_no_log_holds_content_persons_or_at_the_relay_anybodys_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROGATORY_NODE_LOG_LEVEL", "debug")
    with Scene(tmp_path, [KE, TZ, UG], {"log_level": "debug", "retention": {"interval_seconds": 0.5}}) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = ke.api("POST", "/v1/requests", {"to": [TZ], "request": BANK_RECORDS})["matter"]
        tz.wait_event("document_received")
        say(tz, matter, REPLY)
        ke.wait_event("document_delivered")
        ke.cli("authority", "find", "--state", "TZ")
        # What goes wrong is logged, too: a stranger, a relay that is killed, a node that is.
        for identity in (scene.simulator.stranger(UG), scene.simulator.stranger(KE)):
            stranger = Client(scene.relay.link_url, identity)
            with suppress(Departed, LinkAuthenticationError):
                await stranger.connect(scene.simulator.relay_keys().identity.public)
            await stranger.close()
        scene.relay.restart()
        tz.restart()
        for node in (ke, tz):
            node.wait_online()
        until(lambda: "link_waits" in ke.log, "the node to log that its link broke")
        scene.relay.stop()
        channels = [row[0] for row in sqlite3.connect(scene.relay.database).execute("SELECT channel FROM channels")]
        tokens = [node.folder.read_token() for node in (ke, tz)]
        logs = {"relay": scene.relay.log, KE: ke.log, TZ: tz.log}

    content = [
        *(BANK_RECORDS[name] for name in ("reference", "subject", "facts", "assistance", "requesting_authority")),
        BANK_RECORDS["persons"][0]["name"],
        "Otieno",
        REPLY,
        "correct horse",
        *tokens,
    ]
    for log in logs.values():
        assert log.strip()
        assert not [word for word in content if word in log]
    assert len(channels) == 1
    named = [KE, TZ, UG, channels[0].hex(), channels[0].hex()[:12], "Central Authority"]
    assert not [name for name in named if name in logs["relay"]]
    assert TZ not in logs[KE]
    assert KE not in logs[TZ]
    for line in logs["relay"].splitlines():
        assert {"event", "level", "timestamp"} <= set(json.loads(line)), line
