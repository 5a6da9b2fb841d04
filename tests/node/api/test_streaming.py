"""Answers that are made piece by piece: whole, told as a problem, or seen to be cut off."""

from __future__ import annotations

from collections.abc import Generator

import aiohttp
import pytest
from aiohttp import web

from rogatory.node.api.context import stream
from rogatory.node.api.problems import tell_problems
from rogatory.node.errors import DamagedStore


def pieces(fails_after: int | None) -> Generator[bytes, None, None]:
    for number in range(3):
        if number == fails_after:
            raise DamagedStore("a file changed")
        yield b"x" * 1000


@pytest.mark.parametrize("fails_after", [None, 0, 1, 2])
async def test_a_failure_is_never_taken_for_content(fails_after: int | None) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await stream(request, pieces(fails_after), "application/zip")

    app = web.Application(middlewares=[tell_problems])
    app.router.add_get("/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as response:
            if fails_after is None:
                assert await response.read() == b"x" * 3000
            elif fails_after == 0:
                assert (response.status, (await response.json())["error"]) == (500, "damaged")
            else:
                with pytest.raises(aiohttp.ClientError):
                    await response.read()
    finally:
        await runner.cleanup()
