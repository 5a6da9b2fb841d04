"""Rules for the commits of every channel, each by a violation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import (
    ChannelPolicy,
    CommitFacts,
    RejoinNotice,
    TreeLeaf,
    Updated,
    VoidCode,
    VoidCommit,
    after_commit,
    judge_commit,
    judge_tree,
)
from rogatory.protocol.mls.validate_leaf_node import MAX_LIFETIME
from tests.protocol.judgement.facts import (
    KE,
    MATTER,
    NETWORK,
    NG,
    REF,
    TZ,
    UG,
    Waits,
    added,
    commit,
    key_of,
    leaf,
    removed,
    telling,
    vouch,
)

UPDATE = commit(KE, TZ)


def void(facts: CommitFacts, code: VoidCode, policy: ChannelPolicy = MATTER) -> None:
    with pytest.raises(VoidCommit) as caught:
        judge_commit(facts, policy, vouch)
    assert caught.value.code is code
    assert caught.value.explanation


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_an_empty_commit_with_a_path_is_good(policy: ChannelPolicy) -> None:
    judge_commit(UPDATE, policy, vouch)


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"wire_is_private": False}, VoidCode.NOT_PRIVATE),
        ({"committer": None, "committer_leaf": None}, VoidCode.EXTERNAL_COMMIT),
        ({"proposals_by_reference": True}, VoidCode.BY_REFERENCE),
        ({"other_proposals": ("psk",)}, VoidCode.FORBIDDEN_PROPOSAL),
        ({"other_proposals": ("reinit",)}, VoidCode.FORBIDDEN_PROPOSAL),
        ({"other_proposals": ("group_context_extensions",)}, VoidCode.FORBIDDEN_PROPOSAL),
        ({"updated": ()}, VoidCode.NO_PATH),
        ({"entry_author": TZ}, VoidCode.WRONG_AUTHOR),
        ({"updated": (Updated(0, KE, TZ, key_of(TZ)),)}, VoidCode.AUTHORITY_CHANGED),
        ({"members_after": (KE, TZ, KE)}, VoidCode.SECOND_LEAF),
        ({"updated": (Updated(0, KE, KE, b"stolen"),)}, VoidCode.NOT_VOUCHED),
    ],
    ids=lambda value: str(value)[:50],
)
def test_void(changes: dict[str, Any], code: VoidCode, policy: ChannelPolicy) -> None:
    void(replace(UPDATE, **changes), code, policy)


def test_the_pin_never_decreases() -> None:
    for pin in (DirectoryPin(6, 3), DirectoryPin(7, 2), DirectoryPin(6, 9)):
        void(commit(KE, TZ, declare={"directory": pin}), VoidCode.PIN_DECREASED)
    judge_commit(commit(KE, TZ, declare={"directory": DirectoryPin(8, 3)}), MATTER, vouch)


def test_a_pin_that_is_not_known_yet_lets_the_caller_wait() -> None:
    with pytest.raises(Waits):
        judge_commit(commit(KE, TZ, declare={"directory": DirectoryPin(10, 3)}), MATTER, vouch)
    with pytest.raises(Waits):
        judge_commit(commit(KE, TZ, declare={"directory": DirectoryPin(7, 10)}), NETWORK, vouch)


def test_a_change_of_members_declares_the_access_list() -> None:
    leaving = replace(MATTER, leavers=frozenset({TZ}))
    judge_commit(commit(KE, removed=(removed(TZ),)), leaving, vouch)
    void(commit(KE, removed=(removed(TZ),), declare={"access": None}), VoidCode.ACCESS_MISSING, leaving)


@pytest.mark.parametrize("access", [[KE], [KE, TZ, UG], [TZ, KE], []])
def test_a_declared_access_list_is_the_tree(access: list[str]) -> None:
    void(commit(KE, TZ, declare={"access": access}), VoidCode.ACCESS_DIFFERS)
    judge_commit(commit(KE, TZ, declare={"access": [KE, TZ]}), MATTER, vouch)


def test_an_added_leaf_is_vouched_for() -> None:
    stranger = replace(added(TZ), signature_key=b"another key")
    alone = replace(MATTER, leavers=frozenset())
    void(commit(KE, TZ, added=(stranger,)), VoidCode.NOT_VOUCHED, alone)


def test_what_joiners_are_told_is_what_the_log_says() -> None:
    policy = replace(MATTER, leavers=frozenset({TZ}), parties=frozenset({KE, TZ, UG}))
    facts = telling(commit(KE, TZ, UG, added=(added(UG),)), policy)
    judge_commit(facts, policy, vouch)
    void(replace(facts, told=None), VoidCode.TOLD_DIFFERS, policy)
    omitted = telling(facts, replace(policy, leavers=frozenset()))
    void(omitted, VoidCode.TOLD_DIFFERS, policy)
    for changes in (
        {"left": {NG: 0}},
        {"suspended": frozenset({NG})},
        {"rejoins": {4: RejoinNotice(TZ, REF)}},
        {"parties": frozenset({KE, TZ, UG, NG})},
        {"amendments": {REF: frozenset({NG})}},
        {"signers": {REF: frozenset({KE})}},
    ):
        void(telling(facts, replace(policy, **changes)), VoidCode.TOLD_DIFFERS, policy)


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_no_added_leaf_claims_to_be_good_for_longer_than_400_days(policy: ChannelPolicy) -> None:
    def adding(lifetime: int) -> CommitFacts:
        return telling(commit(KE, TZ, added=(replace(added(TZ), lifetime=lifetime),)), policy)

    judge_commit(adding(400 * 24 * 3600), policy, vouch)
    void(adding(400 * 24 * 3600 + 1), VoidCode.LIFETIME_TOO_LONG, policy)


class TestRejoin:
    """DESIGN section 4: Remove and Add together, by the key package that the rejoin brought."""

    policy = replace(MATTER, rejoins={3: RejoinNotice(TZ, REF)})
    both: dict[str, Any] = {"removed": (removed(TZ),), "added": (added(TZ),)}  # noqa: RUF012

    def test_good(self) -> None:
        facts = commit(KE, TZ, **self.both, declare={"rejoins": [3]})
        judge_commit(telling(facts, self.policy), self.policy, vouch)

    def test_any_member_of_a_network_but_observers_may_answer_it(self) -> None:
        network = replace(NETWORK, rejoins={3: RejoinNotice(TZ, REF)})
        answer = commit(KE, TZ, UG, by=UG, **self.both, declare={"rejoins": [3]})
        judge_commit(telling(answer, network), network, vouch)
        observed = commit(KE, TZ, NG, by=NG, **self.both, declare={"rejoins": [3]})
        void(observed, VoidCode.OBSERVER_CHANGES, network)

    def test_it_names_a_rejoin_that_stands_in_the_log(self) -> None:
        void(commit(KE, TZ, **self.both, declare={"rejoins": [4]}), VoidCode.REJOIN_UNKNOWN, self.policy)

    def test_a_rejoin_is_answered_once(self) -> None:
        facts = commit(KE, TZ, **self.both, declare={"rejoins": [3]})
        void(facts, VoidCode.REJOIN_UNKNOWN, after_commit(self.policy, facts))

    def test_one_that_does_not_count_as_of_the_pin_is_not_answered(self) -> None:
        policy = replace(self.policy, rejoins={3: RejoinNotice(TZ, REF, counts=False)})
        void(commit(KE, TZ, **self.both, declare={"rejoins": [3]}), VoidCode.REJOIN_UNKNOWN, policy)

    def test_another_key_package_is_refused(self) -> None:
        swapped = commit(KE, TZ, removed=(removed(TZ),), added=(added(TZ, b"other"),), declare={"rejoins": [3]})
        void(swapped, VoidCode.REJOIN_MISMATCH, self.policy)

    def test_it_removes_and_adds(self) -> None:
        void(commit(KE, removed=(removed(TZ),), declare={"rejoins": [3]}), VoidCode.REJOIN_MISMATCH, self.policy)
        void(commit(KE, TZ, declare={"rejoins": [3]}), VoidCode.REJOIN_MISMATCH, self.policy)

    def test_nobody_is_removed_and_added_without_a_rejoin(self) -> None:
        void(commit(KE, TZ, **self.both), VoidCode.REJOIN_UNDECLARED, self.policy)

    def test_each_rejoined_member_has_its_own(self) -> None:
        two = replace(self.policy, parties=frozenset({KE, TZ, UG}))
        facts = commit(
            KE,
            TZ,
            UG,
            removed=(removed(TZ), removed(UG)),
            added=(added(TZ), added(UG)),
            declare={"rejoins": [3]},
        )
        void(facts, VoidCode.REJOIN_UNDECLARED, two)


def test_a_commit_carries_out_what_waited() -> None:
    policy = replace(MATTER, leavers=frozenset({TZ}), rejoins={2: RejoinNotice(TZ, REF), 3: RejoinNotice(KE, REF)})
    facts = commit(KE, removed=(removed(TZ),), declare={"directory": DirectoryPin(8, 4)})
    after = after_commit(policy, facts)
    assert after.parties == {KE}
    assert after.leavers == frozenset()
    assert set(after.rejoins) == {3}
    assert after.last_pin == DirectoryPin(8, 4)
    assert after_commit(NETWORK, facts).last_pin == DirectoryPin(8, 4)


class TestJoinersTree:
    members = (leaf(KE), leaf(TZ))
    pin = DirectoryPin(7, 3)

    @pytest.mark.parametrize("policy", [MATTER, NETWORK])
    def test_good(self, policy: ChannelPolicy) -> None:
        judge_tree(self.members, policy, self.pin, vouch)

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            (leaf(KE), VoidCode.SECOND_LEAF),
            (TreeLeaf(UG, b"another key"), VoidCode.NOT_VOUCHED),
            (leaf(UG), VoidCode.NOT_A_PARTY),
            (TreeLeaf(UG, key_of(UG), MAX_LIFETIME + 1), VoidCode.LIFETIME_TOO_LONG),
        ],
    )
    def test_void(self, more: TreeLeaf, code: VoidCode) -> None:
        with pytest.raises(VoidCommit) as caught:
            judge_tree([*self.members, more], MATTER, self.pin, vouch)
        assert caught.value.code is code

    def test_a_stranger_to_the_roster_is_refused(self) -> None:
        rw = "rw.central"
        with pytest.raises(VoidCommit) as caught:
            judge_tree([*self.members, leaf(rw)], NETWORK, self.pin, vouch)
        assert caught.value.code is VoidCode.NOT_ON_ROSTER
