"""What is sent during a soak, and what has to have arrived at its end."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from rogatory.node.errors import NodeError
from tests.node.process import NodeProcess
from tests.scenarios.scene import logged

A_MATTER = 200
"""Messages of one matter; then another one is opened."""
UNREACHED = (OSError, http.client.HTTPException, NodeError, AssertionError, ValueError)
"""How a call to a node fails that is killed just then, or not up again."""


@dataclass
class Matter:
    """`confirmed` texts, in the order of sending, must arrive once; `doubtful` ones, whose sender was killed before it
    answered, at most once."""

    id: str
    members: Sequence[NodeProcess]
    confirmed: list[str] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


class Sender(threading.Thread):
    """Writes as one authority to others, every `pause` seconds; 0: as fast as it can."""

    def __init__(self, node: NodeProcess, others: Sequence[NodeProcess]) -> None:
        super().__init__(name=f"sender {node.authority}", daemon=True)
        self.pause = 0.0
        self.matters: list[Matter] = []
        self._node = node
        self._others = list(others)
        self._count = 0
        self._over = threading.Event()

    @property
    def sent(self) -> int:
        """Messages that the node took."""
        return sum(len(matter.confirmed) for matter in self.matters)

    def run(self) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            try:
                self._send()
            except UNREACHED:
                self._over.wait(0.2)
            due = max(due + self.pause, time.monotonic() - 1.0)
            self._over.wait(max(0.0, due - time.monotonic()))

    def end(self) -> None:
        self._over.set()
        self.join()

    def _send(self) -> None:
        matter = self.matters[-1] if self.matters else None
        if matter is None or len(matter.confirmed) >= A_MATTER:
            self._open()
            return
        self._count += 1
        text = f"{self._node.authority} {self._count}"
        matter.doubtful.add(text)
        self._node.api("POST", f"/v1/matters/{matter.id}/messages", {"text": text})
        matter.confirmed.append(text)
        matter.doubtful.discard(text)

    def _open(self) -> None:
        to = [node.authority for node in self._others]
        text = f"{self._node.authority} opens {len(self.matters)}"
        answer = self._node.api("POST", "/v1/consultations", {"to": to, "subject": "Soak", "text": text})
        self.matters.append(Matter(answer["matter"], [self._node, *self._others], [text]))


def await_arrival(matter: Matter, seconds: float) -> None:
    """Wait until every member holds every confirmed text. Raises AssertionError where one is lost or doubled."""
    deadline = time.monotonic() + seconds
    for member in matter.members:
        while lost := set(matter.confirmed) - set(_texts(member, matter)):
            assert time.monotonic() < deadline, f"{member.authority} lacks {len(lost)} texts: {sorted(lost)[:5]}"
            time.sleep(0.5)
    logs = [_texts(member, matter) for member in matter.members]
    assert all(log == logs[0] for log in logs), "members hold different orders"
    doubled = [text for text, count in Counter(logs[0]).items() if count > 1]
    assert not doubled, f"doubled: {doubled[:5]}"
    assert set(logs[0]) <= {*matter.confirmed, *matter.doubtful}, "something arrived that nobody sent"
    confirmed = set(matter.confirmed)
    assert [text for text in logs[0] if text in confirmed] == matter.confirmed, "the order of sending was lost"


def _texts(member: NodeProcess, matter: Matter) -> list[str]:
    try:
        return [text for _, text in logged(member, matter.id)]
    except UNREACHED:
        return []
