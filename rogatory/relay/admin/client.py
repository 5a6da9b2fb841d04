"""How commands speak to the running relay, through its socket."""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from rogatory.keys.files import sync_folder
from rogatory.protocol.text import message
from rogatory.relay.admin.socket import Problem, reachable
from rogatory.relay.errors import RelayError

TIMEOUT: Final = 600.0
READ_AT_ONCE: Final = 256 * 1024


class NotRunning(RelayError):
    """No relay listens on the socket."""

    exit_code = 5


class Refused(RelayError):
    """What the relay refuses, in its words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.problem)
        self.exit_code = problem.exit_code  # type: ignore[misc]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with reachable(self._path) as name:
            self.sock.connect(name)


def ask(path: Path, method: str, target: str, body: BinaryIO | None = None) -> Any:
    """The JSON answer of the relay at that socket. Raises NotRunning, Refused."""
    with _asked(path, method, target, body) as response:
        return msgspec.json.decode(response.read())


def download(path: Path, target: str, file: Path) -> int:
    """Write an answer to a file, which is replaced once all of it is on the disk; its length in bytes."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "wb") as out, _asked(path, "GET", target, None) as response:
            while data := response.read(READ_AT_ONCE):
                out.write(data)
            out.flush()
            os.fsync(out.fileno())
            length = out.tell()
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(file.parent)
    return length


@contextmanager
def _asked(path: Path, method: str, target: str, body: BinaryIO | None) -> Iterator[http.client.HTTPResponse]:
    connection = _Connection(path)
    try:
        connection.request(method, target, body, encode_chunked=body is not None, headers=_headers(body))
        response = connection.getresponse()
        if response.status >= 400:
            raise Refused(msgspec.json.decode(response.read(), type=Problem))
        yield response
    except (ConnectionError, FileNotFoundError, http.client.HTTPException) as error:
        if isinstance(error, http.client.HTTPException):
            raise NotRunning(message("the relay broke its answer off: see its log, and try again")) from None
        raise NotRunning(message("no relay answers at {path}: start it (rogatory-relay run)", path=path)) from None
    except msgspec.DecodeError:
        raise NotRunning(message("the relay met a defect: see its log")) from None
    finally:
        connection.close()


def _headers(body: BinaryIO | None) -> dict[str, str]:
    return {} if body is None else {"Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream"}
