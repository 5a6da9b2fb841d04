"""Looking at a node through its local HTTP API (rogatory/node/API.md): for waiting, where a command would be slow."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from deploy.demo.errors import DemoFailed

TIMEOUT = 10.0
NOT_FOUND = 404


def look(node: Path, path: str) -> Any:
    """The answer to GET /v1/<path> of the daemon in a node's folder; None if it is not there, or does not know it.

    Raises DemoFailed for any other answer.
    """
    try:
        address = json.loads((node / "daemon.json").read_bytes())["url"]
        token = (node / "api.token").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    request = urllib.request.Request(f"{address}/v1/{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - http, on loopback
            return json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == NOT_FOUND:
            return None
        raise DemoFailed(f"GET /v1/{path} at {node.name}: {error.code}, {error.read().decode()[:500]}") from None
    except (urllib.error.URLError, ConnectionError):
        return None
