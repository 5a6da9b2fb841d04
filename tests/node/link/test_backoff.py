"""How long a link waits."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.node.link.backoff import GOOD_SESSION, PATIENCE, Backoff
from rogatory.protocol.frames.server import Code


@settings(max_examples=50)
@given(st.integers(), st.integers(min_value=1, max_value=300))
def test_waits_double_with_jitter_up_to_the_most(seed: int, attempts: int) -> None:
    backoff = Backoff(random.Random(seed).uniform, 0.2, 60.0)
    for attempt in range(attempts):
        span = min(60.0, 0.2 * 2.0**attempt)
        assert span / 2 <= backoff.next() <= span


def test_a_good_session_makes_the_next_wait_short_again() -> None:
    backoff = Backoff(random.Random(1).uniform, 0.2, 60.0)
    for _ in range(10):
        backoff.next()
    backoff.session_ended(GOOD_SESSION)
    assert backoff.next() <= 0.2


def test_a_session_that_fell_at_once_does_not() -> None:
    backoff = Backoff(random.Random(1).uniform, 0.2, 60.0)
    for _ in range(10):
        backoff.next()
    backoff.session_ended(GOOD_SESSION / 2)
    assert backoff.next() > 10


def test_a_goodbye_that_time_alone_does_not_mend_is_given_time() -> None:
    backoff = Backoff(random.Random(1).uniform, 0.2, 60.0)
    assert backoff.next(Code.REPLACED) == PATIENCE[Code.REPLACED]
    assert backoff.next(Code.SHUTTING_DOWN) < 1
