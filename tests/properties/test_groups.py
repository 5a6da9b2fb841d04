"""Random histories of groups of up to thirty members (RFC 9420), and random single ones over every suite."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rogatory.protocol.mls.suite import PRODUCT_SUITE, SUITES

from .history import History

MOST_MEMBERS = 30
numbers = st.integers(0, 2**16)
seeds = st.integers(0, 2**32)
modest = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


class GroupHistory(RuleBasedStateMachine):
    """Who acts is drawn as a number and taken modulo the members there are."""

    history: History

    @initialize(suite=st.sampled_from([1, 1, 3, 2, PRODUCT_SUITE]), seed=seeds, size=st.integers(0, 12))
    def found(self, suite: int, seed: int, size: int) -> None:
        self.history = History(suite, seed)
        self.commit(0, size, [], True, False)

    def commit(self, author: int, adding: int, removing: list[int], path: bool | None, rotate: bool) -> None:
        history = self.history
        leaf = history.pick(author)
        joiners = [history.client() for _ in range(min(adding, MOST_MEMBERS - len(history.members)))]
        removed = sorted({history.pick(number) for number in removing} - {leaf})
        made = history.make(leaf, joiners, removed, path, rotate)
        history.accept(leaf, made, joiners)

    @rule(author=numbers, adding=st.integers(1, 6), path=st.sampled_from([True, None]))
    def add(self, author: int, adding: int, path: bool | None) -> None:
        self.commit(author, adding, [], path, False)

    @rule(author=numbers, removing=st.lists(numbers, min_size=1, max_size=6), adding=st.integers(0, 3))
    def remove(self, author: int, removing: list[int], adding: int) -> None:
        self.commit(author, adding, removing, True, False)

    @rule(author=numbers, rotate=st.booleans())
    def renew(self, author: int, rotate: bool) -> None:
        self.commit(author, 0, [], True, rotate)

    @precondition(lambda self: len(self.history.members) > 1)
    @rule(proposer=numbers, author=numbers)
    def update(self, proposer: int, author: int) -> None:
        """An Update by reference, committed by another member."""
        leaf = self.history.pick(proposer)
        others = sorted(self.history.others(leaf))
        self.history.propose_update(leaf)
        committer = others[author % len(others)]
        self.history.accept(committer, self.history.make(committer, [], [], None, False), [])

    @precondition(lambda self: len(self.history.members) > 1)
    @rule(rivals=st.lists(numbers, min_size=2, max_size=4), winner=numbers, removing=st.lists(numbers, max_size=2))
    def compete(self, rivals: list[int], winner: int, removing: list[int]) -> None:
        """Rival commits from the same epoch, of which the log takes one; the losers follow it."""
        history = self.history
        leaves = sorted({history.pick(number) for number in rivals})
        removed = sorted({history.pick(number) for number in removing})
        made = {leaf: history.make(leaf, [], removed, True, False) for leaf in leaves}
        first = leaves[winner % len(leaves)]
        history.accept(first, made[first], [])

    @rule(author=numbers, again=numbers)
    def commit_void(self, author: int, again: int) -> None:
        """A commit that all judge void, and one in the same epoch after it, perhaps of the same member."""
        history = self.history
        leaf = history.pick(author)
        history.void(leaf, history.make(leaf, [], [], True, False))
        self.commit(again, 0, [], True, False)

    @rule(
        author=numbers, data=st.binary(max_size=300), times=st.integers(1, 3), lost=st.frozensets(numbers, max_size=3)
    )
    def say(self, author: int, data: bytes, times: int, lost: frozenset[int]) -> None:
        history = self.history
        lost_for = frozenset(history.pick(number) for number in lost)
        for time in range(times):
            history.say(history.pick(author), data, lost_for if time == 0 else frozenset())

    @rule(who=st.lists(numbers, min_size=1, max_size=4))
    def store(self, who: list[int]) -> None:
        for number in who:
            self.history.store(self.history.pick(number))

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "history"):
            self.history.check()


TestGroupHistory = GroupHistory.TestCase
TestGroupHistory.settings = settings(modest, max_examples=10, stateful_step_count=20)


@pytest.mark.parametrize("suite", SUITES)
@settings(modest, max_examples=2)
@given(seed=seeds, removing=st.lists(numbers, min_size=1, max_size=3), cut=st.integers(0, 5))
def test_stored_and_restored_at_any_step(suite: int, seed: int, removing: list[int], cut: int) -> None:
    """All members are restored at one place of a history that each suite goes through."""
    history = History(suite, seed)
    removed: list[int] = []
    for step in range(6):
        if step == cut:
            for leaf in list(history.members):
                history.store(leaf)
        leaf = history.pick(seed + step)
        joiners = [history.client() for _ in range(3)] if step < 2 else []
        if step == 3:
            removed = sorted({history.pick(number) for number in removing} - {leaf})
        made = history.make(leaf, joiners, removed if step == 3 else [], True, step == 4)
        if step == cut:
            history.store(leaf)
        history.accept(leaf, made, joiners)
        history.say(history.pick(step), b"step %d" % step)
        history.check()
    assert len(history.gone) == len(removed)


@settings(modest, max_examples=2)
@given(seed=seeds)
def test_thirty_members(seed: int) -> None:
    """A full house: everyone commits once, half of them leave, others take their places."""
    history = History(1, seed)
    everyone = [history.client() for _ in range(MOST_MEMBERS - 1)]
    history.accept(0, history.make(0, everyone, [], True, False), everyone)
    for leaf in list(history.members)[::5]:
        history.accept(leaf, history.make(leaf, [], [], True, False), [])
    leaving = [leaf for leaf in history.members if leaf % 2]
    history.accept(0, history.make(0, [], leaving, True, False), [])
    newcomers = [history.client() for _ in range(10)]
    history.accept(2, history.make(2, newcomers, [], True, False), newcomers)
    history.say(1, b"a newcomer on the left")
    history.check()
    assert len(history.gone) == 15
