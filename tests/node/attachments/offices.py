"""Two offices and a relay as processes, and what they do with files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.keys.simulator import DirectorySimulator
from tests.node.attachments.cutting import CuttingProxy
from tests.node.process import START_SECONDS, NodeProcess
from tests.relay.process import RelayProcess

KE, TZ = "ke.central", "tz.central"


@dataclass
class Offices:
    """Kenya's node, Tanzania's, and their relay."""

    relay: RelayProcess
    ke: NodeProcess
    tz: NodeProcess

    def consult(self, *files: Path, author: NodeProcess | None = None) -> dict[str, Any]:
        """A new consultation of the other with these files; matter and document."""
        author = author or self.ke
        other = TZ if author is self.ke else KE
        attach = [word for file in files for word in ("--attach", str(file))]
        sent: dict[str, Any] = author.cli(
            "consult", "open", "--to", other, "--subject", "Files", "--text", "See the files.", *attach
        )
        return sent


@contextmanager
def offices(
    folder: Path,
    *,
    relay: dict[str, Any] | None = None,
    ke: dict[str, Any] | None = None,
    tz: dict[str, Any] | None = None,
    line: CuttingProxy | None = None,
) -> Iterator[Offices]:
    """Everything started and online. The dictionaries are settings; `line`: what lies between nodes and relay."""
    simulator = DirectorySimulator([KE, TZ])
    process = RelayProcess(folder / "relay", simulator, settings=relay, enlist=line is None)
    url = process.url
    if line is not None:
        line.target, url = process.port, line.url
        simulator.add_relay(process.relay, url)
        process.drop_bundle(simulator.bundle())
    with process:
        kenya = NodeProcess(folder / "ke", simulator, KE, relay_urls=[url], settings=ke)
        tanzania = NodeProcess(folder / "tz", simulator, TZ, relay_urls=[url], settings=tz)
        with tanzania:
            tanzania.wait_online()
            with kenya:
                kenya.wait_online()
                yield Offices(process, kenya, tanzania)


def made(path: Path, size: int) -> Path:
    """A file of random bytes."""
    path.write_bytes(os.urandom(size))
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrived(node: NodeProcess, document: str) -> dict[str, Any]:
    """Wait until a document is received; the event."""
    return node.wait_event("document_received", document=document)


def files_of(node: NodeProcess, document: str) -> list[dict[str, Any]]:
    """A document's attachments, as shown."""
    found: list[dict[str, Any]] = node.cli("document", "attachments", document)
    return found


def wait_state(
    node: NodeProcess, document: str, state: str, number: int = 1, seconds: float = START_SECONDS
) -> dict[str, Any]:
    """Wait until an attachment is in this state, also of a document that has yet to come."""

    def reached() -> dict[str, Any] | None:
        status, files = node.asked("GET", f"/v1/documents/{document}/attachments")
        assert status in (200, 404), files
        return files[number - 1] if status == 200 and files[number - 1]["state"] == state else None

    found: dict[str, Any] = node.wait_until(reached, f"have the attachment {state}", seconds)
    return found
