"""A relay that refuses for a while: nothing is lost, doubled or out of order."""

from __future__ import annotations

import random

import pytest

from rogatory.protocol.frames.client import Append
from rogatory.protocol.frames.server import Code, Refused
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, texts, write
from tests.scenarios.simulated_relay import Line, Log, SimulatedRelay

KE, TZ = "ke.central", "tz.central"


class BusyRelay(SimulatedRelay):
    """Refuses every third append for no lasting reason."""

    dice = random.Random(7)

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """Refuse at times what an honest relay would take."""
        refusal = super().judge(line, log, frame)
        if refusal is None and self.dice.random() < 0.3:
            code = self.dice.choice([Code.RATE, Code.UNAVAILABLE, Code.QUOTA])
            return Refused(frame.ref, code, "not now")
        return refusal


@pytest.mark.parametrize("seed", range(3))
def test_all_arrives_in_order(world_of: WorldOf, seed: int) -> None:
    BusyRelay.dice = random.Random(seed)
    world = world_of(KE, TZ, relay_type=BusyRelay)
    matter = consult(world, KE, TZ)
    world.advance(300)
    for number in range(20):
        write(world.nodes[KE], matter, f"ke {number}")
        write(world.nodes[TZ], matter, f"tz {number}")
        if number % 4 == 0:
            world.settle()
    world.advance(3600)
    for node in world.nodes.values():
        said = texts(node, matter)
        assert [each for each in said if each.startswith("ke")] == [f"ke {number}" for number in range(20)]
        assert [each for each in said if each.startswith("tz")] == [f"tz {number}" for number in range(20)]
