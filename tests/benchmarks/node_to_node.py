"""Node to node: two nodes and a relay as processes, documents signed and encrypted, all three databases on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.benchmarks.figures import Figure, watch
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
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(folder / "relay", simulator) as relay:
        ke, tz = (NodeProcess(folder / name, simulator, name, relay_urls=[relay.url]) for name in (KE, TZ))
        with ke, tz:
            tz.wait_online()
            ke.wait_online()
            asked = {"to": [TZ], "subject": "Vessel", "text": TEXT}
            sent = ke.api("POST", "/v1/consultations", asked)
            _wait_delivered(ke, sent["document"])
            yield from _all_at_once(relay, ke, tz, sent["matter"], count)
            yield from _by_stages(relay, ke, tz, sent["matter"], count)


def _all_at_once(relay: RelayProcess, ke: NodeProcess, tz: NodeProcess, matter: str, count: int) -> Iterator[Figure]:
    """From the first request until the receiver's officer could read the last one."""
    before = _latest(tz)
    with watch(ke.pid) as sender, watch(relay.pid) as between, watch(tz.pid) as receiver:
        last = _say_many(ke, matter, count)
        tz.wait_event("document_received", after=before, seconds=SECONDS, document=last)
    yield sender.per_second(PACE, count, against=MLDSA_SIGN)
    yield between.per_second(f"{PACE} (CPU: the relay's)", count)
    yield receiver.per_second(f"{PACE} (CPU: the receiver's)", count)
    _wait_delivered(ke, last)


def _by_stages(relay: RelayProcess, ke: NodeProcess, tz: NodeProcess, matter: str, count: int) -> Iterator[Figure]:
    """Each stage alone: nobody else has anything to do meanwhile."""
    sender_before, receiver_before = _latest(ke), _latest(tz)
    tz.stop()
    relay.stop()
    with watch(ke.pid) as spent:
        _say_many(ke, matter, count)
    yield spent.per_second("sender: sign and queue, many in a request", count, against=MLDSA_SIGN)
    with watch(ke.pid) as spent:
        last = _say(ke, matter, count)
    yield spent.per_second("sender: sign and queue, one in a request", count, against=MLDSA_SIGN)
    relay.start()
    with watch(ke.pid) as spent:  # from the end of a pause of half a second at most
        ke.wait_event("document_accepted", after=sender_before, seconds=SECONDS, document=last)
    yield spent.per_second("sender: encrypt, send, enter receipts", 2 * count)
    tz.start()
    with watch(tz.pid) as spent:
        tz.wait_event("document_received", after=receiver_before, seconds=SECONDS, document=last)
    yield spent.per_second("receiver: catch up with a backlog", 2 * count, against=PACE)
    _wait_delivered(ke, last)


def _say_many(node: NodeProcess, matter: str, count: int) -> str:
    """Ask the node to write so many documents, many in a request; gives the id of the last."""
    last = ""
    for start in range(0, count, BATCH):
        messages = [{"text": TEXT}] * min(BATCH, count - start)
        answer = node.api("POST", f"/v1/matters/{matter}/messages/batch", {"messages": messages})
        last = answer["sent"][-1]["document"]
    return last


def _say(node: NodeProcess, matter: str, count: int) -> str:
    """Ask the node to write so many documents one by one; gives the id of the last."""

    def say(_: int) -> str:
        document: str = node.api("POST", f"/v1/matters/{matter}/messages", {"text": TEXT})["document"]
        return document

    with ThreadPoolExecutor(CALLERS) as callers:
        deque(callers.map(say, range(count - 1)), maxlen=0)
    return say(count)


def _wait_delivered(node: NodeProcess, document: str) -> None:
    node.wait_event("document_delivered", seconds=SECONDS, document=document)


def _latest(node: NodeProcess) -> int:
    """The id of the newest event."""
    latest: int = node.events()[-1]["id"]
    return latest
