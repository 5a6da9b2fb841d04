"""The queue before the store's writer: no line waits for another one's backlog."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.relay.store.fairness import FairQueue


def test_a_batch_that_holds_everything_is_in_the_order_of_arrival() -> None:
    queue: FairQueue[int] = FairQueue(10, 100)
    for number, line in enumerate("abacab"):
        queue.put(line, number, 1)
    assert queue.take() == [0, 1, 2, 3, 4, 5]


def test_who_queues_little_is_not_behind_who_queues_much() -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(4, 1000)
    for number in range(100):
        queue.put("flood", ("flood", number))
    for line in ("a", "b", "c"):
        queue.put(line, (line, 0))
    assert set(queue.take()) == {("flood", 0), ("a", 0), ("b", 0), ("c", 0)}
    assert queue.take() == [("flood", number) for number in range(1, 5)]


def test_who_queues_large_items_gets_fewer_of_them() -> None:
    queue: FairQueue[str] = FairQueue(100, 10)
    for _ in range(50):
        queue.put("large", "large", 9)
        queue.put("small", "small", 1)
    batch = queue.take()
    assert sorted(batch) == ["large", "small"]
    assert len(queue.take()) == 2


def test_an_item_that_weighs_more_than_a_batch_goes_by_itself() -> None:
    queue: FairQueue[str] = FairQueue(100, 10)
    queue.put("a", "huge", 50)
    queue.put("a", "next", 1)
    assert [queue.take(), queue.take()] == [["huge"], ["next"]]


def test_a_closed_queue_gives_what_is_left_and_then_nothing() -> None:
    queue: FairQueue[int] = FairQueue(2, 100)
    for number in range(3):
        queue.put("a", number)
    queue.close()
    assert [queue.take(), queue.take(), queue.take()] == [[0, 1], [2], []]


def test_who_takes_is_woken() -> None:
    queue: FairQueue[int] = FairQueue(2, 100)
    taken: list[list[int]] = []
    thread = threading.Thread(target=lambda: taken.extend([queue.take(), queue.take()]))
    thread.start()
    queue.put("a", 1)
    queue.close()
    thread.join(60)
    assert taken == [[1], []]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=60), st.integers(1, 9), st.integers(1, 20)
)
def test_nothing_is_lost_or_doubled_and_every_line_keeps_its_order(
    items: list[tuple[str, int]], most: int, weight: int
) -> None:
    queue: FairQueue[tuple[str, int]] = FairQueue(most, weight)
    for number, (line, weighs) in enumerate(items):
        queue.put(line, (line, number), weighs)
    queue.close()
    taken: list[tuple[str, int]] = []
    while batch := queue.take():
        assert len(batch) <= most
        taken += batch
    assert sorted(number for _, number in taken) == list(range(len(items)))
    for line in "abc":
        numbers = [number for of, number in taken if of == line]
        assert numbers == sorted(numbers)
