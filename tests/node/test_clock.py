"""Whether the computer's clock was set."""

from __future__ import annotations

import pytest

from rogatory.node.clock import STEP, StepWatch


@pytest.mark.parametrize("by", [3600.0, -3600.0, 400 * 24 * 3600.0, -STEP])
def test_a_clock_that_is_set_is_noticed_once(by: float) -> None:
    shown = {"now": 1000.0, "steady": 5.0}
    watch = StepWatch(lambda: shown["now"], lambda: shown["steady"])
    shown["now"] += 30 + by
    shown["steady"] += 30
    assert watch.stepped()
    assert not watch.stepped()


def test_a_clock_that_goes_on_is_left_alone() -> None:
    shown = {"now": 1000.0, "steady": 5.0}
    watch = StepWatch(lambda: shown["now"], lambda: shown["steady"])
    for _ in range(1000):
        shown["now"] += 30.01
        shown["steady"] += 30
        assert not watch.stepped()
