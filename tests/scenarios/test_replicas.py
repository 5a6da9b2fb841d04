"""Nodes over two replicas of a relay: one is killed, they go on with the other, and nothing is lost or doubled."""

from __future__ import annotations

from pathlib import Path

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.postgres import PostgreSQLServer
from tests.relay.process import RelayProcess
from tests.scenarios.scene import logged, said, say, until

KE, TZ = "ke.central", "tz.central"


def test_nodes_of_a_killed_replica_go_on_with_another(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with PostgreSQLServer() as server:
        settings = {"database": server.create_database(), "blobs": str(tmp_path / "blobs")}
        replicas = [
            RelayProcess(tmp_path / name, simulator, settings=settings, enlist=False) for name in ("one", "two")
        ]
        urls = [replica.url for replica in replicas]
        simulator.add_relay("relay.one", urls[0], also=urls[1:])
        for replica in replicas:
            replica.drop_bundle(simulator.bundle())
            replica.start()
        nodes = [NodeProcess(tmp_path / name, simulator, name, relay_urls=urls) for name in (KE, TZ)]
        try:
            for node in nodes:
                node.start()
            ke, tz = (node.wait_online() for node in nodes)
            asked = {"to": [TZ], "subject": "Vessel", "text": "first"}
            matter = ke.api("POST", "/v1/consultations", asked)["matter"]
            until(lambda: said(tz, matter) == [(KE, "first")], "the consultation to arrive")
            say(ke, matter, "before")
            replicas[0].kill()
            say(tz, matter, "meanwhile")
            expected = sorted([(KE, "first"), (KE, "before"), (TZ, "meanwhile")])
            until(lambda: all(sorted(logged(node, matter)) == expected for node in (ke, tz)), "all to arrive once")
            assert logged(ke, matter) == logged(tz, matter), "one order"
        finally:
            for node in nodes:
                if node.process is not None:
                    node.kill()
            for replica in replicas:
                if replica.process is not None:
                    replica.kill()
