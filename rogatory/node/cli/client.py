"""How commands talk to the daemon: its local HTTP API, with the token from the node's folder."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from rogatory.node.errors import DaemonUnreachable, NodeError
from rogatory.node.folder import NodeFolder
from rogatory.node.problem import Problem

TIMEOUT: Final = 60.0


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

    def get_bytes(self, *path: str) -> bytes:
        """The answer to GET /v1/<path>, byte for byte."""
        return self._call("GET", path, {}, None)

    def post(self, *path: str, body: dict[str, Any]) -> Any:
        """The answer to POST /v1/<path>."""
        return _decoded(self._call("POST", path, {}, body))

    def _call(self, method: str, path: tuple[str, ...], query: dict[str, str | int | None], body: Any) -> bytes:
        folder = self._folder
        folder.check()
        address = urlsplit(folder.read_address().url)
        headers = {"Authorization": f"Bearer {folder.read_token()}", "Content-Type": "application/json"}
        target = "/v1/" + "/".join(quote(part, safe="") for part in path)
        given = {name: value for name, value in query.items() if value is not None}
        if given:
            target += "?" + urlencode(given)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT)
        try:
            connection.request(method, target, None if body is None else msgspec.json.encode(body), headers)
            response = connection.getresponse()
            status, data = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise DaemonUnreachable(
                f"the daemon of {folder.path} does not answer ({error or type(error).__name__})",
                f"start it: rogatory-node run --folder {folder.path}",
            ) from None
        finally:
            connection.close()
        if status >= 400:
            raise AnsweredProblem(_decoded(data, Problem))
        return data


def _decoded(data: bytes, kind: Any = Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        raise FaultInDaemon(
            "the daemon answered in a way that it should not", "see the daemon's log, and report it"
        ) from None
