"""Message keys: each once, out of order within bounds, gone afterwards."""

from __future__ import annotations

import pytest

from rogatory.protocol.mls.codec import Reader
from rogatory.protocol.mls.errors import GenerationsExhausted, GenerationTooFar, KeyAlreadyUsed
from rogatory.protocol.mls.secret_tree import MAX_GENERATION, Ratchet, RatchetKind, SecretTree, SkipPolicy
from rogatory.protocol.mls.suite import suite_by_id

SUITE = suite_by_id(1)
APPLICATION = RatchetKind.APPLICATION
ORDERED = SkipPolicy(max_forward=10, max_retained=0)
LATE = SkipPolicy(max_forward=10, max_retained=3)


def tree() -> SecretTree:
    return SecretTree.new(SUITE, 8, bytes(32))


def keys(count: int) -> list[bytes]:
    """The first application keys of leaf 5."""
    found, at = [], tree()
    for _ in range(count):
        at, _, key, _ = at.next(5, APPLICATION)
        found.append(key)
    return found


def test_an_ordered_log_retains_nothing() -> None:
    after, key, _ = tree().at(5, APPLICATION, 4, ORDERED)
    assert key == keys(5)[4]
    assert after.ratchets[5, APPLICATION].retained == ()
    with pytest.raises(KeyAlreadyUsed):
        after.at(5, APPLICATION, 3, ORDERED)


def test_late_messages_within_the_bound() -> None:
    after, _, _ = tree().at(5, APPLICATION, 5, LATE)
    after, key, _ = after.at(5, APPLICATION, 3, LATE)
    assert key == keys(4)[3]
    with pytest.raises(KeyAlreadyUsed):
        after.at(5, APPLICATION, 3, LATE)
    with pytest.raises(KeyAlreadyUsed):
        after.at(5, APPLICATION, 1, LATE)


def test_no_further_ahead_than_agreed() -> None:
    tree().at(5, APPLICATION, 10, ORDERED)
    with pytest.raises(GenerationTooFar):
        tree().at(5, APPLICATION, 11, ORDERED)


def test_the_last_generation() -> None:
    last = Ratchet(bytes(32), MAX_GENERATION)
    after, _, _ = last.next(SUITE)
    with pytest.raises(GenerationsExhausted):
        after.next(SUITE)


def test_what_was_split_is_gone() -> None:
    fresh = tree()
    after, _, _, _ = fresh.next(5, APPLICATION)
    assert set(fresh.nodes) == {7}
    assert set(after.nodes) == {3, 13, 8}
    assert fresh.nodes[7] not in after.encode()


def test_stored_and_restored() -> None:
    after, _, _ = tree().at(5, APPLICATION, 5, LATE)
    stored = after.encode()
    assert SecretTree.restore(SUITE, Reader(stored)) == after
