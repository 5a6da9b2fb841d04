"""The directory in bad times, over real processes: silence, wrong clocks, long absence, a mirror that lies."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from rogatory.keys.directory import bundle as bundles
from tests.node.process import NodeProcess
from tests.relay.process import free_port
from tests.scenarios import publishing
from tests.scenarios.moved_clock import moved_clock
from tests.scenarios.scene import Scene, said, say, until
from tests.scenarios.tap import Tap

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
DAY = 24 * 3600


def held(node: NodeProcess) -> int:
    """The directory version that the node holds."""
    version: int = node.api("GET", "/v1/status")["directory"]["version"]
    return version


def troubles(node: NodeProcess) -> set[str]:
    """Codes of what its officer was told."""
    return {event["code"] for event in node.events("trouble")}


def test_a_publisher_that_is_silent_for_longer_than_max_stale(tmp_path: Path) -> None:
    """A timestamp of 2 days and 7 days of grace have passed: nothing is sent, all stays readable; then it goes on."""
    port = free_port()
    with (
        Scene(tmp_path, [KE, TZ], settings=publishing.mirrored(port)) as scene,
        publishing.start(scene, port) as office,
    ):
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        office.stop()
        for process in (ke, tz, scene.relay):
            process.stop()
        scene.move_clock(10 * DAY)
        scene.relay.start()
        ke.start()
        tz.start()
        ke.wait_event("trouble", code="directory_expired")
        assert said(ke, matter) == said(tz, matter) == [(KE, "first")], "what was accepted stays readable"
        (warning,) = [each for each in ke.cli("status")["directory"]["warnings"] if "timestamp" in each]
        assert "ran out" in warning
        say(ke, matter, "written meanwhile")
        assert not scene.relay.ready()["ready"]

        office.environment.update(moved_clock(10 * DAY))
        office.start()
        until(lambda: (KE, "written meanwhile") in said(tz, matter), "what waited to be sent")
        say(tz, matter, "answer")
        until(lambda: (TZ, "answer") in said(ke, matter), "the answer")
        assert scene.relay.ready()["ready"]


def test_clocks_that_are_wrong_by_a_day(tmp_path: Path) -> None:
    """One node's clock is a day ahead, another's a day behind; the relay's is right. Nobody notices."""
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        scene.simulator.add_network("gljcn", members=[TZ, UG], coordinators=[KE])
        scene.relay.publish()
        (ug,) = scene.start(UG)
        ke, tz = scene.place(KE), scene.place(TZ)
        ke.environment.update(moved_clock(DAY))
        tz.environment.update(moved_clock(-DAY))
        scene.start(KE, TZ)
        matter, other = scene.consult(ke, [tz, ug]), scene.consult(tz, [ke], "from behind")
        say(tz, matter, "read")
        say(ke, other, "read too")
        until(lambda: (TZ, "read") in said(ke, matter) and (KE, "read too") in said(tz, other), "the answers")
        until(lambda: tz.api("GET", "/v1/networks/gljcn")["present"] == [KE, TZ, UG], "the network to be whole")
        until(lambda: ke.events("document_delivered") and tz.events("document_delivered"), "proofs of delivery")
        # Members that come up at the same time as their channels may be asked, or invited, twice.
        assert {*troubles(ke), *troubles(tz), *troubles(ug)} <= {"no_key_package", "invitation"}


def test_the_root_rotates_five_times_while_a_node_is_off(tmp_path: Path) -> None:
    """Every trustee is another one at the end; nobody hands a new root.json to anybody."""
    with Scene(tmp_path, [KE, TZ, UG]) as scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        tz.stop()
        for _ in range(5):
            scene.simulator.rotate_trustees()
        scene.simulator.replace_publisher()
        scene.simulator.renew_keys(UG)
        scene.relay.publish()
        version = scene.simulator.directory().targets_version
        until(lambda: held(ke) == version, "the node that was there to follow")
        say(ke, matter, "under new trustees")
        scene.start(TZ)
        until(lambda: held(tz) == version, "the node that was off to follow")
        until(lambda: (KE, "under new trustees") in said(tz, matter), "what it missed")
        assert ke.api("GET", f"/v1/authorities/{UG}")["key_sets"][-1]["version"] == 2
        assert troubles(ke) == troubles(tz) == set()


def read(url: str, token: str = "") -> str:
    """A page of one of the processes."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def days_left(metrics: str, role: str) -> float:
    """What a metrics page says of a role of the directory."""
    (value,) = re.findall(rf'_directory_days_until_expiry{{role="{role}"}} (\S+)', metrics)
    return float(value)


def test_the_end_of_a_role_is_seen_weeks_ahead_by_everybody(tmp_path: Path) -> None:
    """320 days later the trustees' signature has 45 days left; relay, node and publisher say so in three places."""
    port = free_port()
    with (
        Scene(tmp_path, [KE], settings=publishing.mirrored(port)) as scene,
        publishing.start(scene, port) as office,
    ):
        office.stop()
        scene.relay.stop()
        scene.move_clock(320 * DAY)
        office.environment.update(moved_clock(320 * DAY))
        office.start()
        scene.relay.start()
        (ke,) = scene.start(KE)
        publisher = f"http://127.0.0.1:{port}"
        api, token = ke.folder.read_address().url, ke.folder.read_token()
        told = (
            lambda: scene.relay.ready()["warnings"],
            lambda: ke.cli("status")["directory"]["warnings"],
            lambda: json.loads(read(f"{publisher}/ready"))["warnings"],
        )
        for warnings in told:
            (warning,) = until(warnings, "a warning")
            assert "the directory's targets runs out in 4" in warning
            assert "the trustees must sign it again" in warning
        pages = scene.relay.get("/metrics")[1].decode(), read(f"{api}/v1/metrics", token), read(f"{publisher}/metrics")
        for page in pages:
            assert 44 < days_left(page, "targets") < 46
            assert days_left(page, "timestamp") > 1, "the publisher has renewed what it signs"
        until(lambda: '"role": "targets"' in scene.relay.log, "the relay's log to tell")
        until(lambda: "directory_runs_out" in ke.log and '"targets"' in ke.log, "the node's log to tell")
        until(lambda: "role_expires" in office.log and '"targets"' in office.log, "the publisher's log to tell")


class LyingTap(Tap):
    """Hands out another directory than the relay's, once it is given one."""

    lie: bytes | None = None

    async def _directory(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path != "/directory" or self.lie is None:
            return await super()._directory(connection, request)
        headers = Headers([("Content-Length", str(len(self.lie))), ("Connection", "close")])
        return Response(200, "a lie", headers, self.lie)


def test_a_mirror_of_an_old_directory_and_of_one_entry_of_another_version(tmp_path: Path) -> None:
    scene = Scene(tmp_path, [KE, TZ, UG])
    tap = LyingTap(scene.relay.url)
    scene.tap = tap
    with scene:
        ke, tz = scene.start(KE, TZ)
        matter = scene.consult(ke, [tz])
        old = scene.simulator.bundle()
        scene.simulator.renew_keys(UG)
        scene.relay.publish()
        version = scene.simulator.directory().targets_version
        until(lambda: held(ke) == held(tz) == version, "both to hold the second version")

        scene.simulator.renew_keys(UG)
        mixed = bundles.unpack(scene.simulator.bundle())
        before = bundles.unpack(old)
        (new_name,) = [name for name in mixed if name.endswith(f".{UG}.json")]
        (old_name,) = [name for name in before if name.endswith(f".{UG}.json")]
        for number, lie in enumerate((old, bundles.pack({**mixed, new_name: before[old_name]}))):
            tap.lie = lie
            scene.relay.publish()  # tells the nodes that there is another one
            if number == 0:
                scene.simulator.add_authority("rw.central")
            for node in (ke, tz):
                until(lambda: len(node.events("trouble")) > number, "a report of the mirror")  # noqa: B023
            assert (held(ke), held(tz)) == (version, version), "nothing of it is taken"
        assert troubles(ke) == troubles(tz) == {"directory_refused"}
        assert any(UG in event["summary"] for event in ke.events("trouble")), "the entry is named"
        say(ke, matter, "goes on meanwhile")
        until(lambda: (KE, "goes on meanwhile") in said(tz, matter), "old trust to go on")
        tap.lie = None
        scene.simulator.add_authority("bi.central")
        scene.relay.publish()
        until(lambda: held(ke) == scene.simulator.directory().targets_version, "the honest mirror to be followed again")
