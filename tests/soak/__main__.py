"""`python -m tests.soak --minutes 10`: half of the maximum, with random SIGKILLs. Ends with status 1 if anything is
lost, doubled, or grows.

In the first half relay and nodes are killed, in the second half nodes only, so that there is one relay process whose
memory and file descriptors can be compared; one node is never killed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.keys.simulator import DirectorySimulator
from tests.node.process import NodeProcess
from tests.relay.process import RelayProcess
from tests.soak.traffic import Sender, await_arrival

SPARED, *KILLED = "ke.central", "tz.central", "ug.central", "rw.central"
CALIBRATION = 10.0
"""Seconds at full speed, whose half is kept up then."""
ARRIVAL = 600.0
GROWTH = 1.25
SLACK = 24 * 1024 * 1024
FEW = 12
"""A process may grow by a quarter and SLACK bytes (caches), and by a FEW file descriptors."""


@dataclass(frozen=True)
class Sample:
    """Of a process: resident bytes and open file descriptors, the median of some looks."""

    resident: int
    descriptors: int

    def __str__(self) -> str:
        return f"{self.resident / 1e6:.0f} MB, {self.descriptors} descriptors"


def sample(pid: int, looks: int = 9, pause: float = 0.3) -> Sample:
    process = psutil.Process(pid)
    residents, descriptors = [], []
    for _ in range(looks):
        residents.append(process.memory_info().rss)
        descriptors.append(process.num_fds())
        time.sleep(pause)
    return Sample(sorted(residents)[looks // 2], sorted(descriptors)[looks // 2])


def check_growth(what: str, before: Sample, after: Sample) -> list[str]:
    print(f"{what}: {before} -> {after}")
    problems = []
    if after.resident > before.resident * GROWTH + SLACK:
        problems.append(f"{what}: memory grew from {before} to {after}")
    if after.descriptors > before.descriptors + FEW:
        problems.append(f"{what}: file descriptors grew from {before} to {after}")
    return problems


def kill_at_random(victims: list[RelayProcess | NodeProcess], seconds: float, dice: random.Random) -> int:
    """Kill one after another for so long; each is started again at once. Gives how many."""
    kills, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, dice.uniform(3.0, 9.0)))
        victim = dice.choice(victims)
        victim.kill()
        time.sleep(dice.uniform(0.0, 1.0))
        victim.start()
        kills += 1
    return kills


def soak(folder: Path, minutes: float, seed: int) -> list[str]:
    dice = random.Random(seed)
    simulator = DirectorySimulator([SPARED, *KILLED])
    relay = RelayProcess(folder / "relay", simulator)
    nodes = {name: NodeProcess(folder / name, simulator, name, relay_urls=[relay.url]) for name in (SPARED, *KILLED)}
    spared, killed = nodes[SPARED], [nodes[name] for name in KILLED]
    senders = [Sender(spared, killed), *(Sender(each, [spared]) for each in killed)]
    try:
        relay.start()
        for node in nodes.values():
            node.start()
        for node in nodes.values():
            node.wait_online()
        problems = _load(relay, spared, killed, senders, minutes, dice)
    finally:
        for process in (relay, *nodes.values()):
            if process.process is not None:
                process.kill()
    return problems


def _load(
    relay: RelayProcess,
    spared: NodeProcess,
    killed: list[NodeProcess],
    senders: list[Sender],
    minutes: float,
    dice: random.Random,
) -> list[str]:
    for sender in senders:
        sender.start()
    while not all(sender.sent > 5 for sender in senders):  # their first matters stand
        time.sleep(0.1)
    begun, since = sum(sender.sent for sender in senders), time.monotonic()
    time.sleep(CALIBRATION)
    most = (sum(sender.sent for sender in senders) - begun) / (time.monotonic() - since)
    for sender in senders:
        sender.pause = len(senders) / (most / 2)
    print(f"at most {most:.0f} documents a second; {most / 2:.0f} from now on")
    half = minutes * 60 / 2
    kills = kill_at_random([relay, *killed], half, dice)
    time.sleep(min(half / 4, 30.0))  # warm again
    before = sample(relay.pid), sample(spared.pid)
    kills += kill_at_random(list(killed), half, dice)
    after = sample(relay.pid), sample(spared.pid)
    for sender in senders:
        sender.end()
    matters = [matter for sender in senders for matter in sender.matters]
    doubtful = sum(len(matter.doubtful) for matter in matters)
    print(
        f"{kills} kills, {sum(each.sent for each in senders)} documents in {len(matters)} matters, {doubtful} in doubt"
    )
    problems = check_growth("relay", before[0], after[0]) + check_growth("node", before[1], after[1])
    for matter in matters:
        try:
            await_arrival(matter, ARRIVAL)
        except AssertionError as error:
            problems.append(f"matter {matter.id[:12]}: {error}")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the kills; printed")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="rogatory-soak-") as name:
        problems = soak(Path(name), given.minutes, given.seed)
    for problem in problems:
        print(f"NOT SOUND: {problem}")
    if problems:
        sys.exit(1)
    print("sound: nothing lost, nothing doubled, nothing grew")


if __name__ == "__main__":
    main()
