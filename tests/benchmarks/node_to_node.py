"""Node to node: two nodes and a relay as processes, documents signed and encrypted, all three databases on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.benchmarks.figures import Figure, Spent, watch
from tests.benchmarks.signing import MLDSA_SIGN, TEXT
from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess

KE, TZ = "ke.central", "tz.central"
CALLERS = 4
BATCH = 128
"""Messages in one request to the sender's API."""
PACE = "node to node"
SECONDS = 600.0


def measure(folder: Path, count: int) -> Iterator[Figure]:
    """`count` documents of 1 KB each time."""
    with TwoNodes(folder) as nodes:
        yield from nodes.measure_all_at_once(count)
        yield from nodes.measure_stages(count)


class TwoNodes:
    """Two nodes that share a matter, and their relay, while the body of `with` runs."""

    def __init__(self, folder: Path) -> None:
        simulator = DirectorySimulator([KE, TZ])
        self.relay = RelayProcess(folder / "relay", simulator)
        self.sender, self.receiver = (
            NodeProcess(folder / name, simulator, name, relay_urls=[self.relay.url]) for name in (KE, TZ)
        )
        self._matter = ""
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for each in (self.relay, self.sender, self.receiver):
                stack.enter_context(each)
            self.receiver.wait_online()
            self.sender.wait_online()
            sent = self.sender.api("POST", "/v1/consultations", {"to": [TZ], "subject": "Vessel", "text": TEXT})
            self._matter = sent["matter"]
            self._wait_delivered(sent["document"])
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def all_at_once(self, count: int) -> Spent:
        """From the first request until the receiver's officer could read the last one: time, the sender's processor."""
        before = _latest(self.receiver)
        with watch(self.sender.pid) as spent:
            last = self._say_many(count)
            self.receiver.wait_event("document_received", after=before, seconds=SECONDS, document=last)
        self._wait_delivered(last)
        return spent

    def caught_up(self, count: int) -> float:
        """Documents a second that the receiver takes from a backlog of `count`, once its link stands again."""
        sent_before, before = _latest(self.sender), _latest(self.receiver)
        self.receiver.stop()
        last = self._say_many(count)
        self.sender.wait_event("document_accepted", after=sent_before, seconds=SECONDS, document=last)
        self.relay.stop()
        self.receiver.start()  # it reads nothing yet: how long a start takes is not asked
        self.relay.start()
        self.receiver.wait_online()
        with watch(self.receiver.pid) as spent:
            here = len(self.receiver.events("document_received", before))  # it did not wait for us
            self.receiver.wait_event("document_received", after=before, seconds=SECONDS, document=last)
        self._wait_delivered(last)
        return max(1, count - here) / spent.wall

    def measure_all_at_once(self, count: int) -> Iterator[Figure]:
        """As `all_at_once`, with the processor time of all three."""
        with watch(self.relay.pid) as between, watch(self.receiver.pid) as receiver:
            spent = self.all_at_once(count)
        yield spent.per_second(PACE, count, against=MLDSA_SIGN)
        between.wall = receiver.wall = spent.wall
        yield between.per_second(f"{PACE} (CPU: the relay's)", count)
        yield receiver.per_second(f"{PACE} (CPU: the receiver's)", count)

    def measure_stages(self, count: int) -> Iterator[Figure]:
        """Each stage alone: nobody else has anything to do meanwhile."""
        sender_before, receiver_before = _latest(self.sender), _latest(self.receiver)
        self.receiver.stop()
        self.relay.stop()
        with watch(self.sender.pid) as spent:
            self._say_many(count)
        yield spent.per_second("sender: sign and queue, many in a request", count, against=MLDSA_SIGN)
        with watch(self.sender.pid) as spent:
            last = self._say(count)
        yield spent.per_second("sender: sign and queue, one in a request", count, against=MLDSA_SIGN)
        self.relay.start()
        with watch(self.sender.pid) as spent:  # from the end of a pause of half a second at most
            self.sender.wait_event("document_accepted", after=sender_before, seconds=SECONDS, document=last)
        yield spent.per_second("sender: encrypt, send, enter receipts", 2 * count)
        self.receiver.start()
        with watch(self.receiver.pid) as spent:
            self.receiver.wait_event("document_received", after=receiver_before, seconds=SECONDS, document=last)
        yield spent.per_second("receiver: catch up with a backlog", 2 * count, against=PACE)
        self._wait_delivered(last)

    def _say_many(self, count: int) -> str:
        """Ask the sender to write so many documents, many in a request; gives the id of the last."""
        last = ""
        for start in range(0, count, BATCH):
            messages = [{"text": TEXT}] * min(BATCH, count - start)
            answer = self.sender.api("POST", f"/v1/matters/{self._matter}/messages/batch", {"messages": messages})
            last = answer["sent"][-1]["document"]
        return last

    def _say(self, count: int) -> str:
        """Ask the sender to write so many documents one by one; gives the id of the last."""

        def say(_: int) -> str:
            path = f"/v1/matters/{self._matter}/messages"
            document: str = self.sender.api("POST", path, {"text": TEXT})["document"]
            return document

        with ThreadPoolExecutor(CALLERS) as callers:
            deque(callers.map(say, range(count - 1)), maxlen=0)
        return say(count)

    def _wait_delivered(self, document: str) -> None:
        self.sender.wait_event("document_delivered", seconds=SECONDS, document=document)


def _latest(node: NodeProcess) -> int:
    """The id of the newest event."""
    latest: int = node.events()[-1]["id"]
    return latest
