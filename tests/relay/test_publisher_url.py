"""The directory mirrored by URL: asked for anew only when it changed, verified, and failures told once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from aiohttp import web

from rogatory.keys.directory.bundle import MAX_BUNDLE_BYTES
from rogatory.keys.directory.expiry import DAY, expiries
from rogatory.relay.config import load_config
from rogatory.relay.errors import ConfigError
from rogatory.relay.expiry import ExpiryWatch
from rogatory.relay.mirror import Mirror
from tests.keys.simulator import DirectorySimulator
from tests.relay.conftest import KE, TZ
from tests.relay.process import RelayProcess
from tests.relay.test_directory_mirror import until


@dataclass
class Server:
    """A publisher's server; `answers`: the statuses that it gave."""

    body: bytes
    status: int = 200
    url: str = ""
    answers: list[int] = field(default_factory=list)

    async def directory(self, request: web.Request) -> web.Response:
        etag = hashlib.sha256(self.body).hexdigest()
        unchanged = any(tag.value == etag for tag in request.if_none_match or ())
        status = 304 if self.status == 200 and unchanged else self.status
        self.answers.append(status)
        body = self.body if status == 200 else None
        return web.Response(status=status, body=body, headers={"ETag": f'"{etag}"'})


@pytest.fixture
def simulator() -> DirectorySimulator:
    return DirectorySimulator([KE, TZ])


@pytest_asyncio.fixture
async def server(simulator: DirectorySimulator) -> AsyncIterator[Server]:
    served = Server(simulator.bundle())
    app = web.Application()
    app.router.add_get("/directory", served.directory)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


def mirror_of(folder: Path, simulator: DirectorySimulator, url: str) -> Mirror:
    (folder / "root.json").write_bytes(simulator.root)
    (folder / "relay.toml").write_text(f'[directory]\nurl = "{url}"\n')
    return Mirror(load_config(folder / "relay.toml"))


async def test_a_relay_mirrors_what_another_serves(tmp_path: Path, simulator: DirectorySimulator) -> None:
    with RelayProcess(tmp_path / "one", simulator) as one:
        table = {"directory": {"url": one.url, "fetch_seconds": 0.1}}
        two = RelayProcess(tmp_path / "two", simulator, settings=table, enlist=False)
        (two.folder / "directory.bundle").unlink()
        with two:
            await until(lambda: two.ready()["ready"])
            simulator.add_authority("ng.central")
            one.publish()
            await until(lambda: two.get("/directory")[1] == simulator.bundle())
            version = simulator.directory().targets_version
            assert f"rogatory_relay_directory_version {version}.0".encode() in two.get("/metrics")[1]
            one.stop()
            await until(lambda: two.ready()["directory_not_fetched"])
            assert two.ready()["ready"]
            one.start()
            await until(lambda: not two.ready()["directory_not_fetched"])
        assert two.log.count('"directory_not_fetched"') == 1


async def test_it_is_fetched_again_only_when_it_changed(
    tmp_path: Path, simulator: DirectorySimulator, server: Server
) -> None:
    mirror = mirror_of(tmp_path, simulator, server.url)
    assert await mirror.fetch()
    assert not await mirror.fetch()
    simulator.add_authority("ng.central")
    server.body = simulator.bundle()
    assert await mirror.fetch()
    assert not await mirror.fetch()
    assert server.answers == [200, 304, 200, 304]
    assert mirror.current is not None
    bundle = mirror.current.bundle
    assert bundle.read(0, bundle.size) == simulator.bundle()


async def test_what_is_forged_rolled_back_or_too_large_changes_nothing_and_is_told_once(
    tmp_path: Path, simulator: DirectorySimulator, server: Server
) -> None:
    mirror = mirror_of(tmp_path, simulator, server.url)
    old, good = server.body, None
    simulator.add_authority("ng.central")
    server.body = good = simulator.bundle()
    assert await mirror.fetch()
    for bad in (old, DirectorySimulator([KE], seed=9).bundle(), b"?", bytes(MAX_BUNDLE_BYTES + 1)):
        server.body = bad
        with structlog.testing.capture_logs() as logs:
            for _ in range(3):
                assert not await mirror.fetch()
                assert mirror.publisher_problem is not None
        assert [line["event"] for line in logs] == ["directory_not_fetched"]
        assert mirror.current is not None
        assert mirror.current.bundle.read(0, mirror.current.bundle.size) == good
        server.body = good
        assert not await mirror.fetch()
        assert mirror.publisher_problem is None


async def test_a_refused_bundle_is_told_of_until_another_comes(
    tmp_path: Path, simulator: DirectorySimulator, server: Server
) -> None:
    mirror = mirror_of(tmp_path, simulator, server.url)
    server.body = b"?"
    await mirror.fetch()
    refused = mirror.publisher_problem
    assert refused is not None
    assert "refused" in refused
    server.status = 503
    await mirror.fetch()
    assert mirror.publisher_problem is not None
    assert "503" in mirror.publisher_problem
    server.status = 200
    await mirror.fetch()
    assert (server.answers, mirror.publisher_problem) == ([200, 503, 304], refused)
    assert mirror.current is None


@pytest.mark.parametrize("url", ["ftp://a", "127.0.0.1:8480", "http://", "http://u:p@a", "http://a/?b", "http://[a"])
def test_an_odd_url_is_refused(tmp_path: Path, url: str) -> None:
    (tmp_path / "relay.toml").write_text(f'[directory]\nurl = "{url}"\n')
    with pytest.raises(ConfigError, match=r"directory\.url"):
        load_config(tmp_path / "relay.toml")


async def test_the_end_of_a_role_is_told_weeks_ahead_once_a_day(
    tmp_path: Path, simulator: DirectorySimulator, server: Server
) -> None:
    mirror = mirror_of(tmp_path, simulator, server.url)
    await mirror.fetch()
    watch, now = ExpiryWatch(mirror), time.time()
    ends = {end.role: end.expires for end in expiries(simulator.directory())}

    def told(at: float) -> list[tuple[str, str]]:
        with structlog.testing.capture_logs() as logs:
            watch.look(at)
        return [(line["role"], line["log_level"]) for line in logs]

    soon = ends["root"] - 80 * DAY
    first = told(soon)
    assert ("root", "warning") in first
    assert told(soon + DAY / 2) == []
    assert ("root", "warning") in told(soon + DAY + 1)
    assert ("root", "error") in told(ends["root"] + 1.5 * DAY)
    assert ("root", "warning") not in told(now)


async def test_expiry_stands_in_readiness_and_metrics(tmp_path: Path, simulator: DirectorySimulator) -> None:
    with RelayProcess(tmp_path, simulator) as relay:
        assert relay.ready()["warnings"] == []
        ends = {end.role: end.expires for end in expiries(simulator.directory())}
        lines = relay.get("/metrics")[1].decode().splitlines()
        for role, expires in ends.items():
            name = f'rogatory_relay_directory_days_until_expiry{{role="{role}"}} '
            (value,) = [line.removeprefix(name) for line in lines if line.startswith(name)]
            assert abs(float(value) - (expires - time.time()) / DAY) < 0.01
