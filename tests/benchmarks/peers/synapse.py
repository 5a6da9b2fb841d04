"""Synapse, the reference server of Matrix: one homeserver over SQLite, its rate limits off, unencrypted messages.

Measured through the client API: accepted is a PUT answered, delivered what a long poll of /sync brings, a backlog is
drained as clients do after a time offline: by /sync, and by pages of /messages what is more than a page.
"""

from __future__ import annotations

import asyncio
import os
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
import msgspec

from tests.benchmarks.load import SIZE
from tests.benchmarks.peers.contender import Contender, Measure, PeerFailed, Scale, Works
from tests.benchmarks.peers.ours import AUTHORS, run
from tests.benchmarks.peers.programs import child, python_with, wait_until
from tests.benchmarks.peers.wanted import SYNAPSE
from tests.relay.process import free_port

PART = 40
"""It is given this part of the messages, and twice that to drain."""

PAGE = 1000
BROADCASTS = 5
AT_ONCE = 4
"""Messages that one author has under way."""

SECONDS = 120.0
TEXT = "m" * SIZE
NO_LIMIT = {"per_second": 1_000_000, "burst_count": 1_000_000}
FILTER = quote(msgspec.json.encode({"room": {"timeline": {"limit": PAGE}}, "presence": {"types": []}}).decode())


def _config(folder: Path, port: int) -> dict[str, Any]:
    """homeserver.yaml; JSON is YAML."""
    listener = {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
    return {
        "server_name": "localhost",
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "log_config": str(folder / "log.yaml"),
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": os.urandom(16).hex(),
        "macaroon_secret_key": os.urandom(16).hex(),
        "form_secret": os.urandom(16).hex(),
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,
        "report_stats": False,
        "trusted_key_servers": [],
        "presence": {"enabled": False},
        "caches": {"sync_response_cache_duration": "0s"},  # a round must not be told the state of the one before
        "rc_message": NO_LIMIT,
        "rc_registration": NO_LIMIT,
        "rc_joins": {"local": NO_LIMIT, "remote": NO_LIMIT},
        "rc_joins_per_room": NO_LIMIT,
        "rc_invites": {"per_room": NO_LIMIT, "per_user": NO_LIMIT, "per_issuer": NO_LIMIT},
        "rc_login": {"address": NO_LIMIT, "account": NO_LIMIT, "failed_attempts": NO_LIMIT},
    }


@dataclass(frozen=True, slots=True)
class User:
    """A user of the homeserver and its session."""

    http: aiohttp.ClientSession
    url: str
    token: str

    async def ask(self, method: str, path: str, content: Any = None) -> Any:
        """One request of the client API, /_matrix/client/v3. Raises PeerFailed."""
        url = f"{self.url}/_matrix/client/v3{path}"
        data = None if content is None else msgspec.json.encode(content)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.request(method, url, data=data, headers=headers) as answer:
            text = await answer.read()
            if answer.status != 200:
                raise PeerFailed(f"{method} {path}: {answer.status} {text[:200].decode(errors='replace')}")
            return msgspec.json.decode(text)

    async def room(self) -> str:
        """A new room, which anybody may join."""
        return quote((await self.ask("POST", "/createRoom", {"preset": "public_chat"}))["room_id"])

    async def send(self, room: str, count: int) -> None:
        """Send so many messages."""
        waiting = iter([os.urandom(8).hex() for _ in range(count)])

        async def some() -> None:
            for number in waiting:
                content = {"msgtype": "m.text", "body": TEXT}
                await self.ask("PUT", f"/rooms/{room}/send/m.room.message/{number}", content)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def since(self) -> str:
        """Where the user's stream is now."""
        return str((await self.ask("GET", f"/sync?filter={FILTER}"))["next_batch"])

    async def receive(self, since: str, room: str, count: int) -> str:
        """Poll until so many messages have come in a room; gives where the stream is then."""
        while count > 0:
            batch = await self.ask("GET", f"/sync?filter={FILTER}&since={since}&timeout=30000")
            since = batch["next_batch"]
            if (joined := batch.get("rooms", {}).get("join", {}).get(unquote(room))) is not None:
                count -= _messages(joined["timeline"]["events"])
        return since

    async def catch_up(self, since: str, room: str, count: int) -> None:
        """Take so many messages that came after `since`: one /sync, and what it leaves out by pages of /messages."""
        batch = await self.ask("GET", f"/sync?filter={FILTER}&since={since}")
        timeline = batch["rooms"]["join"][unquote(room)]["timeline"]
        count -= _messages(timeline["events"])
        before = timeline["prev_batch"]
        while count > 0:
            page = await self.ask("GET", f"/rooms/{room}/messages?dir=b&limit={PAGE}&from={before}")
            if not page["chunk"]:
                raise PeerFailed(f"{count} messages are missing from /messages")
            count -= _messages(page["chunk"])
            before = page.get("end")


def _messages(events: list[dict[str, Any]]) -> int:
    return sum(event["type"] == "m.room.message" for event in events)


class Load:
    """What is done with a homeserver; users are registered once, and have one room of all."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._tokens: list[str] = []
        self._everybody = ""

    async def accepted(self, users: Sequence[User], count: int) -> float:
        """Messages answered in a second."""
        rooms = [await user.room() for user in users]
        each = count // len(users)
        return await _rate(count, *(user.send(room, each) for user, room in zip(users, rooms, strict=True)))

    async def delivered(self, users: Sequence[User], count: int) -> float:
        """Messages in a second, from half of the users to the other half."""
        half, work = len(users) // 2, []
        for author, reader in zip(users[:half], users[half:], strict=True):
            room = await author.room()
            await reader.ask("POST", f"/join/{room}", {})
            since = await reader.since()
            work += [author.send(room, count // half), reader.receive(since, room, count // half)]
        return await _rate(count, *work)

    async def drained(self, users: Sequence[User], count: int) -> float:
        """Messages of a backlog read in a second, that one user left for another."""
        each, reading = count // len(users), []
        for author, reader in zip(users, [*users[1:], users[0]], strict=True):
            room = await author.room()
            await reader.ask("POST", f"/join/{room}", {})
            reading.append((reader, room, await reader.since()))
        await asyncio.gather(*(user.send(room, each) for user, (_, room, _) in zip(users, reading, strict=True)))
        return await _rate(count, *(reader.catch_up(since, room, each) for reader, room, since in reading))

    async def broadcast(self, users: Sequence[User]) -> float:
        """Milliseconds until the last member has a message, the median."""
        author, *readers = users
        if not self._everybody:
            self._everybody = await author.room()
            for reader in readers:
                await reader.ask("POST", f"/join/{self._everybody}", {})
        room = self._everybody
        since = [await reader.since() for reader in readers]
        taken = []
        for _ in range(BROADCASTS):
            polls = [
                asyncio.ensure_future(reader.receive(at, room, 1)) for reader, at in zip(readers, since, strict=True)
            ]
            await asyncio.sleep(1)  # until all polls wait at the server
            began = time.perf_counter()
            await author.send(room, 1)
            since = list(await asyncio.gather(*polls))
            taken.append(time.perf_counter() - began)
        return median(taken) * 1e3

    def work(self, users: int, measured: Callable[[Sequence[User]], Any]) -> Callable[[], float]:
        """A work with so many users."""

        async def done() -> float:
            connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=SECONDS)
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
                while len(self._tokens) < users:
                    self._tokens.append(await self._register(http))
                figure: float = await measured([User(http, self._url, token) for token in self._tokens[:users]])
                return figure

        return lambda: run(done())

    async def _register(self, http: aiohttp.ClientSession) -> str:
        asked = {
            "username": f"u{os.urandom(8).hex()}",
            "password": os.urandom(16).hex(),
            "auth": {"type": "m.login.dummy"},
        }
        return str((await User(http, self._url, "").ask("POST", "/register", asked))["access_token"])


async def _rate(count: int, *work: Any) -> float:
    began = time.perf_counter()
    await asyncio.gather(*work)
    return count / (time.perf_counter() - began)


@contextmanager
def _running(folder: Path, scale: Scale) -> Iterator[Works]:
    python = python_with("synapse", ("matrix-synapse",), scale.install)
    folder.mkdir()
    port, log = free_port(), folder / "server.log"
    (folder / "homeserver.yaml").write_bytes(msgspec.json.encode(_config(folder, port)))
    (folder / "log.yaml").write_bytes(msgspec.json.encode({"version": 1, "root": {"level": "WARNING"}}))
    command = [str(python), "-m", "synapse.app.homeserver", "--config-path", str(folder / "homeserver.yaml")]
    with child([*command, "--generate-keys"], log) as pid:
        wait_until(pid, (folder / "signing.key").exists, log)
    with child(command, log) as pid:
        url = f"http://127.0.0.1:{port}"
        wait_until(pid, lambda: _answers(f"{url}/_matrix/client/versions"), log)
        load, count = Load(url), scale.part(PART) // AUTHORS * AUTHORS
        yield {
            Measure.ACCEPTED: load.work(AUTHORS, lambda users: load.accepted(users, count)),
            Measure.DELIVERED: load.work(AUTHORS, lambda users: load.delivered(users, count)),
            Measure.DRAINED: load.work(AUTHORS, lambda users: load.drained(users, 2 * count)),
            Measure.BROADCAST: load.work(scale.readers + 1, load.broadcast),
        }


def _answers(url: str) -> bool:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)


PEER = Contender(SYNAPSE, _running)
