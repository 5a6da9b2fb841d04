"""A relay and nodes as real processes over one directory, ended together.

with Scene(tmp_path, ["ke.central", "tz.central"]) as scene:
    ke, tz = scene.start("ke.central", "tz.central")
    matter = scene.consult(ke, [tz])
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess
from tests.scenarios.moved_clock import moved_clock
from tests.scenarios.tap import Tap


class Scene:
    """`settings` are those of relay.toml; `tapped`: nodes reach the relay through a tap; it passes no files."""

    def __init__(
        self,
        folder: Path,
        authorities: Iterable[str],
        settings: Mapping[str, Any] | None = None,
        *,
        tapped: bool = True,
    ) -> None:
        self.folder = folder
        self.simulator = DirectorySimulator(list(authorities))
        self.relay = RelayProcess(folder / "relay", self.simulator, settings=settings, enlist=False)
        self.tap = Tap(self.relay.url)
        self._tapped = tapped
        self.nodes: dict[str, NodeProcess] = {}
        self._clock: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.tap.start()
        self.simulator.add_relay("relay.one", self.url)
        self.relay.drop_bundle(self.simulator.bundle())
        self.relay.start()
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes.values():
            if node.process is not None:
                node.kill()
        if self.relay.process is not None:
            self.relay.kill()
        self.tap.stop()

    @property
    def url(self) -> str:
        """Where nodes reach the relay."""
        return self.tap.url if self._tapped else self.relay.url

    def place(self, authority: str) -> NodeProcess:
        """This authority's node, made but not started."""
        if authority not in self.nodes:
            place, urls = self.folder / authority, [self.url]
            node = NodeProcess(place, self.simulator, authority, relay_urls=urls, environment=self._clock)
            self.nodes[authority] = node
        return self.nodes[authority]

    def start(self, *authorities: str) -> list[NodeProcess]:
        """Start these authorities' nodes, and wait until their links stand."""
        for authority in authorities:
            self.place(authority).start()
        return [self.nodes[authority].wait_online() for authority in authorities]

    def move_clock(self, seconds: float) -> None:
        """It is so much later than now, for the directory at once and for each process when it starts the next time."""
        self._clock = moved_clock(seconds)
        self.simulator.shift = timedelta(seconds=seconds)
        for process in (self.relay, *self.nodes.values()):
            process.environment.update(self._clock)

    def consult(self, opener: NodeProcess, others: Iterable[NodeProcess], text: str = "first") -> str:
        """Open a consultation and wait until it reached the others; gives the matter's id."""
        others = list(others)
        asked = {"to": [node.authority for node in others], "subject": "Vessel", "text": text}
        matter: str = opener.api("POST", "/v1/consultations", asked)["matter"]
        until(
            lambda: all(said(node, matter) == [(opener.authority, text)] for node in others),
            "the consultation to arrive",
        )
        return matter


def say(node: NodeProcess, matter: str, text: str) -> None:
    """Write into a matter."""
    node.api("POST", f"/v1/matters/{matter}/messages", {"text": text})


def said(node: NodeProcess, matter: str) -> list[tuple[str, str]]:
    """(author, text) of what was said in a matter, in the order in which the node shows it."""
    matters = {each["matter"] for each in node.api("GET", "/v1/matters")}
    if matter not in matters:
        return []
    documents = node.api("GET", f"/v1/matters/{matter}/documents")
    return [(each["author"], each["body"]["text"]) for each in documents if each["kind"] == "consultation"]


def logged(node: NodeProcess, matter: str) -> list[tuple[str, str]]:
    """As `said`, without what waits in the outbox."""
    documents = node.api("GET", f"/v1/matters/{matter}/documents")
    return [
        (each["author"], each["body"]["text"])
        for each in documents
        if each["kind"] == "consultation" and each["seq"] is not None
    ]


def until(condition: Callable[[], Any], what: str, seconds: float = 180.0, every: float = 0.1) -> Any:
    """Wait until the condition, looked at `every` so many seconds, holds; gives what it gave. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(every)
    raise AssertionError(f"waited {seconds:.0f} seconds in vain for {what}")
