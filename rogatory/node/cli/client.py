"""How commands talk to the daemon: its local HTTP API, with the token from the node's folder."""

from __future__ import annotations

import http.client
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from rogatory.keys.files import sync_folder
from rogatory.languages.saying import reader
from rogatory.node.errors import DaemonUnreachable, NodeError
from rogatory.node.folder import NodeFolder
from rogatory.node.problem import Problem
from rogatory.protocol.text import message

TIMEOUT: Final = 60.0
READ_AT_ONCE: Final = 256 * 1024


OFFICER: Final = "ROGATORY_NODE_OFFICER"
"""The variable that says who acts."""


class Readable(Protocol):
    """An open file, or what reads one."""

    def read(self, size: int = -1, /) -> bytes: ...


class AnsweredProblem(NodeError):
    """The daemon refused; carries what it said."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.explanation, problem.next_step)
        self.problem = problem


class FaultInDaemon(NodeError):
    """The daemon met an error that it should not have."""

    code = "fault"
    status = 500
    exit_code = 1


class Client:
    """One daemon."""

    def __init__(self, folder: Path) -> None:
        self._folder = NodeFolder(folder)

    def get(self, *path: str, **query: str | int | None) -> Any:
        """The answer to GET /v1/<path>, its parts quoted. Raises DaemonUnreachable, AnsweredProblem."""
        return _decoded(self._call("GET", path, query, None))

    def get_bytes(self, *path: str, **query: str | int | None) -> bytes:
        """The answer to GET /v1/<path>, byte for byte."""
        return self._call("GET", path, query, None)

    def download(
        self,
        file: Path,
        *path: str,
        advance: Callable[[int], object] = lambda count: None,
        **query: str | int | None,
    ) -> int:
        """Write the answer to GET /v1/<path> to a file, which is replaced once all of it is on the disk; its length.

        `advance(count)` is told of bytes as they come.
        """
        try:
            descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        except OSError as error:  # told of the file that was named, not of our temporary one
            raise OSError(error.errno, error.strerror, str(file)) from None
        try:
            with os.fdopen(descriptor, "wb") as out, self._asked("GET", path, query, None) as response:
                while data := self._read(response):
                    out.write(data)
                    advance(len(data))
                out.flush()
                os.fsync(out.fileno())
                length = out.tell()
            os.replace(name, file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(file.parent)
        return length

    def post(self, *path: str, body: dict[str, Any]) -> Any:
        """The answer to POST /v1/<path>."""
        return _decoded(self._call("POST", path, {}, body))

    def upload(self, file: Readable, *path: str, headers: Mapping[str, str] | None = None) -> Any:
        """The answer to POST /v1/<path> with a file's bytes, piece by piece; `headers` may tell their number."""
        with self._asked("POST", path, {}, file, headers) as response, self._reached():
            return _decoded(response.read())

    def _call(self, method: str, path: tuple[str, ...], query: dict[str, str | int | None], body: Any) -> bytes:
        with self._asked(method, path, query, body) as response, self._reached():
            return response.read()

    @contextmanager
    def _asked(
        self,
        method: str,
        path: tuple[str, ...],
        query: dict[str, str | int | None],
        body: Any,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, to be read inside. Raises DaemonUnreachable, also where it breaks off, and AnsweredProblem.

        `body`: a value, or an open file, then with `headers` of its own.
        """
        folder = self._folder
        folder.check()
        address = urlsplit(folder.read_address().url)
        streamed = hasattr(body, "read")
        kind = "application/octet-stream" if streamed else "application/json"
        language = reader().replace("_", "-")
        token = folder.read_token(os.environ.get(OFFICER))
        asked = {
            "Authorization": f"Bearer {token}",
            "Content-Type": kind,
            "Accept-Language": language,
        }
        asked |= headers or {}
        target = "/v1/" + "/".join(quote(part, safe="") for part in path)
        given = {name: value for name, value in query.items() if value is not None}
        if given:
            target += "?" + urlencode(given)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=TIMEOUT, blocksize=READ_AT_ONCE
        )
        try:
            with self._reached():
                data = body if body is None or streamed else msgspec.json.encode(body)
                chunked = streamed and "Content-Length" not in asked
                if chunked:
                    asked["Transfer-Encoding"] = "chunked"
                connection.request(method, target, data, asked, encode_chunked=chunked)
                response = connection.getresponse()
                problem = response.read() if response.status >= 400 else None
            if problem is not None:
                raise AnsweredProblem(_decoded(problem, Problem))
            yield response
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        with self._reached():
            data = response.read(READ_AT_ONCE)
            if not data and response.length:  # http.client does not tell that the end is missing
                raise http.client.IncompleteRead(data, response.length)
            return data

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise DaemonUnreachable(
                message(
                    "the daemon of {folder} does not answer ({error})",
                    folder=self._folder.path,
                    error=str(error) or type(error).__name__,
                ),
                message("start it: rogatory-node run --folder {folder}", folder=self._folder.path),
            ) from None


def _decoded(data: bytes, kind: Any = Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        raise FaultInDaemon(
            message("the daemon answered in a way that it should not"),
            message("see the daemon's log, and report it"),
        ) from None
