"""A tap between nodes and a relay: records every append that leaves a node, and can hold back what comes to one.

    tap = Tap(relay.url).start()
    simulator.add_relay("relay.one", tap.url)      # nodes connect to the tap
    held = tap.hold("ke.central", Moment.ACCEPTED) # from the acceptance of its next commit on, it hears nothing more
    held.reached.wait(10); node.kill(); held.release()
    tap.inject("tz.central", b"noise")             # sent to the node as if by the relay

It records before it passes on, so that also what is refused, lost or never answered is there.
"""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.http11 import Request, Response

from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import Append, Hello
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame
from rogatory.protocol.frames.server import Accepted, AcceptedTogether, Entries, Refused
from rogatory.protocol.header import Form
from rogatory.protocol.limits import MAX_FRAME
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.message import peek

GOODBYE_SECONDS = 5.0


class Moment(Enum):
    """On the way of an append: of any one, or of a commit between acceptance and promotion."""

    SENT = "an append has left its author; the relay has not got it"
    ACCEPTED = "the relay has it; its author does not know"
    RECEIPTED = "its author holds the receipt; it has not read the entry back"


@dataclass(frozen=True, slots=True)
class Sent:
    """An append as it left a node."""

    author: str
    channel: bytes
    base: int
    form: Form
    body: bytes


@dataclass(slots=True, eq=False)
class Hold:
    """Asked for by `Tap.hold`; `reached` once the node hears nothing more."""

    authority: str
    moment: Moment
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let what the node has sent go on to the relay, if the node still runs, and hold later sessions no more.

        What was held back on the way to the node stays so: it is lost with its connection.
        """
        self.released.set()


@dataclass(slots=True)
class _Line:
    """One session of a node: refs of its commits without an answer, and entries that wait for that answer."""

    authority: str = ""
    commits: set[int] = field(default_factory=set)
    delayed: list[bytes] = field(default_factory=list)


class Tap:
    """Listens on loopback in a thread of its own; serves the relay's link and directory, nothing else."""

    def __init__(self, relay_url: str) -> None:
        self._relay_url = relay_url
        self._link_url = relay_url.replace("http", "ws", 1) + "/v1/link"
        self._holds: list[Hold] = []
        self._nodes: dict[str, ServerConnection] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tap", daemon=True)
        self._server: Server | None = None
        self.url = ""
        self.sent: list[Sent] = []
        """Every append, in the order in which they came through; only ever appended to."""
        self.answers: Counter[str] = Counter()
        """Answers to appends that reached the tap: `accepted`, `repeated`, or the code of a refusal."""
        self.commits: Counter[str] = Counter()
        """Commits that the relay accepted, by author."""

    def start(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def stop(self) -> None:
        """End all connections."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def hold(self, authority: str, moment: Moment) -> Hold:
        """SENT: hold back this node's next append, and what it sends after it.

        Else hold back everything that comes to this node, from that moment of its next commit on.
        """
        hold = Hold(authority, moment)
        self._holds = [each for each in self._holds if not each.released.is_set()] + [hold]
        return hold

    def inject(self, authority: str, data: bytes | str) -> None:
        """Send a message to this node as if the relay had sent it."""
        asyncio.run_coroutine_threadsafe(self._nodes[authority].send(data), self._loop).result()

    async def _listen(self) -> None:
        self._server = await serve(
            self._pass,
            "127.0.0.1",
            0,
            process_request=self._directory,
            compression=None,
            max_size=MAX_FRAME,
            ping_interval=None,
            close_timeout=GOODBYE_SECONDS,
        )
        self.url = f"http://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}"

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _directory(self, _: ServerConnection, request: Request) -> Response | None:
        """Everything but the link is fetched from the relay."""
        if request.path == "/v1/link":
            return None
        known = {"If-None-Match": request.headers["If-None-Match"]} if "If-None-Match" in request.headers else {}
        status, etag, body = await asyncio.to_thread(self._fetch, request.path, known)
        headers = Headers([("Content-Length", str(len(body))), ("Connection", "close")])
        if etag:
            headers["ETag"] = etag
        return Response(status, "from the relay", headers, body)

    def _fetch(self, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        try:
            with urllib.request.urlopen(urllib.request.Request(self._relay_url + path, headers=headers)) as answer:
                return answer.status, answer.headers.get("ETag", ""), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("ETag", ""), b""
        except OSError:
            return 502, "", b""

    async def _pass(self, node: ServerConnection) -> None:
        """Carry one session; if either end goes, the other's connection goes with it."""
        try:
            relay = await connect(self._link_url, compression=None, max_size=MAX_FRAME, proxy=None, ping_interval=None)
        except (OSError, WebSocketException):
            return
        line = _Line()
        parts = [
            asyncio.create_task(self._up(line, node, relay)),
            asyncio.create_task(self._down(line, node, relay)),
            asyncio.create_task(relay.wait_closed()),
            asyncio.create_task(node.wait_closed()),
        ]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            outcomes = await asyncio.gather(*parts, return_exceptions=True)
            await relay.close()
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, ConnectionClosed):
                raise outcome

    async def _up(self, line: _Line, node: ServerConnection, relay: ClientConnection) -> None:
        async for data in node:
            appended = self._note(line, data)
            self._nodes[line.authority] = node
            hold = self._hold(line)
            if appended and hold is not None and hold.moment is Moment.SENT:
                hold.reached.set()
                await asyncio.to_thread(hold.released.wait)
            await relay.send(data)

    async def _down(self, line: _Line, node: ServerConnection, relay: ClientConnection) -> None:
        async for data in relay:
            passed, held = self._look(line, data if isinstance(data, bytes) else data.encode())
            for each in passed:
                await node.send(each)
            if held is not None:
                held.reached.set()
                await asyncio.Event().wait()

    def _hold(self, line: _Line) -> Hold | None:
        return next(
            (each for each in self._holds if each.authority == line.authority and not each.released.is_set()), None
        )

    def _note(self, line: _Line, data: bytes | str) -> bool:
        """Record what a node sends; whether it is an append."""
        try:
            frame = decode_client_frame(data if isinstance(data, bytes) else data.encode())
        except MalformedError:
            return False
        if isinstance(frame, Hello):
            line.authority = frame.authority
        elif isinstance(frame, Append):
            self.sent.append(Sent(line.authority, frame.channel, frame.base, frame.form, frame.body))
            if frame.form is Form.MLS and peek(frame.body).content_type is ContentType.COMMIT:
                line.commits.add(frame.ref)
        return isinstance(frame, Append)

    def _look(self, line: _Line, data: bytes) -> tuple[list[bytes], Hold | None]:
        """What to pass on now, and the hold that is reached after that, if one is."""
        frame = decode_server_frame(data)
        hold = self._hold(line)
        if hold is not None and hold.moment is Moment.SENT:
            hold = None
        if isinstance(frame, Accepted | AcceptedTogether):
            accepted = frame.each() if isinstance(frame, AcceptedTogether) else [frame]
            for each in accepted:
                self.answers["repeated" if each.repeated else "accepted"] += 1
            commits = line.commits & {each.ref for each in accepted}
            self.commits[line.authority] += len(commits)
            if hold is not None and commits:
                return [data] if hold.moment is Moment.RECEIPTED else [], hold
            line.commits -= commits
        elif isinstance(frame, Refused):
            self.answers[frame.code.value] += 1
            line.commits.discard(frame.ref)
        elif isinstance(frame, Entries) and hold is not None and line.commits:
            # The commit may be among them: its author is to learn of the answer first, or of nothing.
            line.delayed.append(data)
        if hold is not None and line.commits:
            return [] if isinstance(frame, Entries) else [data], None
        delayed, line.delayed = line.delayed, []
        return [*delayed, data], None
