"""The directory's keeper against real HTTP servers that mirror a simulated directory."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from rogatory.keys.directory.bundle import etag
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.node.channels.trouble import Trouble
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.keeper import DirectoryKeeper
from tests.keys.simulator import DirectorySimulator
from tests.node.waiting import eventually


@dataclass
class Mirror:
    """Serves a bundle as a relay does, and counts."""

    bundle: bytes = b""
    status: int = 200
    served: int = 0
    unchanged: int = 0
    url: str = ""

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/directory", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*runner.addresses[0][:2])
        try:
            yield
        finally:
            await runner.cleanup()

    async def answer(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        if request.headers.get("If-None-Match") == f'"{etag(self.bundle)}"':
            self.unchanged += 1
            return web.Response(status=304)
        self.served += 1
        return web.Response(body=self.bundle)


@dataclass
class Office:
    """Notes what a keeper hands on."""

    accepted: list[Directory] = field(default_factory=list)
    troubles: list[tuple[str, Trouble, str]] = field(default_factory=list)

    async def take(self, directory: Directory) -> None:
        self.accepted.append(directory)

    async def report(self, relay: str, code: Trouble, explanation: str) -> None:
        self.troubles.append((relay, code, explanation))


class World:
    """A directory, mirrors of it, and a keeper."""

    def __init__(self, folder: Path, mirrors: dict[str, Mirror]) -> None:
        self.folder = folder
        self.mirrors = mirrors
        self.office = Office()
        urls = {relay: mirror.url for relay, mirror in mirrors.items()}
        self.simulator = DirectorySimulator(["ke.central", "tz.central"], relays=list(mirrors), relay_urls=urls)
        self.publish()
        self.keeper = self.make_keeper()

    def make_keeper(self, every: float = 3600.0) -> DirectoryKeeper:
        return DirectoryKeeper(
            TrustedDirectory(self.folder / "directory", self.simulator.root),
            tuple(mirror.url for mirror in self.mirrors.values()),
            accepted=self.office.take,
            report=self.office.report,
            every=every,
            backoff=Backoff(random.Random(1).uniform, 0.01, 0.05),
            now=time.time,
        )

    def publish(self) -> None:
        for mirror in self.mirrors.values():
            mirror.bundle = self.simulator.bundle()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.keeper.load()
        task = asyncio.create_task(self.keeper.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    mirror = Mirror()
    async with mirror.listen():
        yield World(tmp_path, {"relay.one": mirror})


async def test_the_first_directory_comes_from_the_settings_address(world: World) -> None:
    async with world.running():
        await eventually(lambda: world.office.accepted)
    assert world.keeper.directory is world.office.accepted[0]
    assert world.keeper.last_error is None
    assert world.office.troubles == []


async def test_a_mirror_that_is_down_is_asked_again(world: World) -> None:
    mirror = world.mirrors["relay.one"]
    mirror.status = 503
    async with world.running():
        await eventually(lambda: "503" in (world.keeper.last_error or ""))
        mirror.status = 200
        await eventually(lambda: world.office.accepted)
    assert world.office.troubles == []


async def test_a_wanted_directory_is_fetched_at_once_and_one_that_is_held_is_not_sent_again(world: World) -> None:
    mirror = world.mirrors["relay.one"]
    async with world.running():
        await eventually(lambda: world.office.accepted)
        assert world.keeper.holds(bytes.fromhex(etag(mirror.bundle)))
        world.keeper.want("relay.one")
        await eventually(lambda: mirror.unchanged)
        world.simulator.add_authority("ug.central")
        world.publish()
        world.keeper.want("relay.one")
        await eventually(lambda: len(world.office.accepted) == 2)
    assert len(world.office.accepted[1].authorities()) == 3
    assert mirror.served == 2


async def test_what_was_accepted_is_there_after_a_restart_without_a_mirror(world: World) -> None:
    async with world.running():
        await eventually(lambda: world.office.accepted)
    world.mirrors["relay.one"].status = 503
    world.keeper = world.make_keeper()
    async with world.running():
        assert len(world.office.accepted) == 2
        assert world.keeper.directory is not None


async def test_an_older_directory_is_refused_and_reported_once(world: World) -> None:
    old = world.simulator.bundle()
    world.simulator.add_authority("ug.central")
    world.publish()
    async with world.running():
        await eventually(lambda: world.office.accepted)
        world.mirrors["relay.one"].bundle = old
        for _ in range(3):
            before = world.mirrors["relay.one"].served
            world.keeper.want("relay.one")
            await eventually(lambda before=before: world.mirrors["relay.one"].served > before)  # type: ignore[misc]
        await eventually(lambda: world.office.troubles)
    assert [(relay, code) for relay, code, _ in world.office.troubles] == [("relay.one", Trouble.DIRECTORY_REFUSED)]
    assert len(world.office.accepted) == 1
    assert world.keeper.directory is not None
    assert len(world.keeper.directory.authorities()) == 3


async def test_a_directory_that_ran_out_is_not_taken_and_reported(world: World) -> None:
    world.simulator.expire(timedelta(hours=1))
    world.publish()
    async with world.running():
        await eventually(lambda: world.office.troubles)
    assert world.office.troubles[0][1] is Trouble.DIRECTORY_EXPIRED
    assert world.office.accepted == []


@pytest.mark.parametrize("bundle", [b"", b"no bundle", b"\x80"])
async def test_bytes_that_are_no_directory_are_reported(world: World, bundle: bytes) -> None:
    world.mirrors["relay.one"].bundle = bundle
    async with world.running():
        await eventually(lambda: world.office.troubles)
    assert world.office.troubles[0][1] is Trouble.DIRECTORY_REFUSED
    assert world.office.accepted == []


async def test_a_mirror_a_little_behind_the_others_is_no_trouble(tmp_path: Path) -> None:
    one, two = Mirror(), Mirror()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(one.listen())
        await stack.enter_async_context(two.listen())
        world = World(tmp_path, {"relay.one": one, "relay.two": two})
        async with world.running():
            await eventually(lambda: world.office.accepted)
            world.simulator.add_authority("ug.central")
            one.bundle = world.simulator.bundle()
            world.keeper.want("relay.one")
            await eventually(lambda: len(world.office.accepted) == 2)
            before = two.served
            world.keeper.want("relay.two")
            await eventually(lambda: two.served > before)
            await eventually(lambda: "relay.two" in (world.keeper.last_error or ""))
    assert world.office.troubles == []


async def test_relays_are_asked_again_at_intervals(world: World) -> None:
    world.keeper = world.make_keeper(every=0.02)
    async with world.running():
        await eventually(lambda: world.mirrors["relay.one"].unchanged >= 3)
