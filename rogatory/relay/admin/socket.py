"""The running relay's own socket, a file that only its user can open: courier files, and retention at once."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from rogatory.keys.errors import KeysError
from rogatory.protocol.text import message
from rogatory.relay.courier.desk import CourierDesk
from rogatory.relay.errors import ConfigError, Refusal, RelayError
from rogatory.relay.retention import Retention

_LONGEST: Final = 100
"""Bytes of a path that a Unix socket can have, with some to spare (sun_path, unix(7))."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(msgspec.Struct, frozen=True):
    """What a command is told of an error, and what it ends with."""

    problem: str
    exit_code: int


class AdminSocket:
    """Serves from `start` to `close`."""

    def __init__(self, path: Path, courier: CourierDesk, retention: Retention) -> None:
        self._path = path
        self._courier = courier
        self._retention = retention
        app = web.Application(middlewares=[_tell_problems])
        app.router.add_post("/courier", self._take)
        app.router.add_get("/courier/{authority}", self._give)
        app.router.add_post("/retention", self._run_retention)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Listen. Raises ConfigError."""
        await self._runner.setup()
        try:
            listening = _bind(self._path)
        except OSError as error:
            raise ConfigError(
                message("the socket {path} cannot be made: {error}", path=self._path, error=error.strerror or error)
            ) from None
        await web.SockSite(self._runner, listening).start()

    async def close(self) -> None:
        """Finish what is asked, and take the socket away."""
        await self._runner.cleanup()
        self._path.unlink(missing_ok=True)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        with tempfile.TemporaryFile(dir=self._path.parent) as file:
            async for piece in request.content.iter_any():
                file.write(piece)
            file.seek(0)
            return _json(await self._courier.take(file))

    async def _give(self, request: web.Request) -> web.StreamResponse:
        attachments = request.query.get("attachments") != "none"
        pieces = self._courier.give(request.match_info["authority"], attachments=attachments)
        first = await anext(pieces)  # before the answer begins: what fails at once is told as any other problem
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        await response.write(first)
        async for piece in pieces:
            if piece:
                await response.write(piece)
        await response.write_eof()
        return response

    async def _run_retention(self, _: web.Request) -> web.StreamResponse:
        return _json({"deleted": await self._retention.look(time.time_ns() // 1_000_000)})


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name for the socket that is short enough, whatever its folder is called."""
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _bind(path: Path) -> socket.socket:
    with suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.stat().st_mode):  # of a relay that was killed
            path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        with reachable(path) as name:
            listening.bind(name)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(mask)
    return listening


@web.middleware
async def _tell_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (RelayError, KeysError) as error:
        return _json(Problem(str(error), error.exit_code), 422)
    except Refusal as refusal:
        return _json(Problem(refusal.explanation, 5), 503)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")
