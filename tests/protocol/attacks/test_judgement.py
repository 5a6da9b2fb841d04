"""Commits by which a member would get more than log, charter, roster and directory allow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.protocol.judgement import (
    ChannelPolicy,
    CommitFacts,
    RejoinNotice,
    Removed,
    TreeLeaf,
    Updated,
    VoidCode,
    VoidCommit,
    after_commit,
    judge_commit,
    judge_tree,
)
from tests.protocol.judgement.facts import (
    AMENDMENT,
    KE,
    LEAVES,
    MATTER,
    NETWORK,
    NG,
    PIN,
    REF,
    TZ,
    UG,
    added,
    commit,
    key_of,
    leaf,
    removed,
    telling,
    vouch,
)


def void(facts: CommitFacts, code: VoidCode, policy: ChannelPolicy) -> None:
    with pytest.raises(VoidCommit) as caught:
        judge_commit(facts, policy, vouch)
    assert caught.value.code is code


def test_an_amendment_is_not_stretched_to_another_authority() -> None:
    policy = replace(MATTER, amendments={AMENDMENT: frozenset({UG})})
    void(
        commit(KE, TZ, UG, NG, added=(added(UG), added(NG)), declare={"amendment": AMENDMENT}),
        VoidCode.NOT_A_PARTY,
        policy,
    )
    void(commit(KE, TZ, UG, added=(added(UG),)), VoidCode.NOT_A_PARTY, policy)


def rejoining(*names: str, seqs: tuple[int, ...] = (3,), ref: bytes = REF, **declare: object) -> CommitFacts:
    return commit(
        KE,
        TZ,
        added=tuple(added(name, ref) for name in names),
        removed=tuple(removed(name) for name in names),
        declare={"rejoins": list(seqs), **declare},
    )


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_a_rejoin_is_no_way_to_change_anothers_keys(policy: ChannelPolicy) -> None:
    waiting = replace(policy, rejoins={3: RejoinNotice(TZ, REF), 4: RejoinNotice(KE, REF)})
    judge_commit(telling(rejoining(TZ), waiting), waiting, vouch)
    void(rejoining(TZ, ref=b"another"), VoidCode.REJOIN_MISMATCH, waiting)
    void(rejoining(TZ, seqs=(4,)), VoidCode.REJOIN_MISMATCH, waiting)  # names the rejoin of somebody else
    void(rejoining(TZ, seqs=()), VoidCode.REJOIN_UNDECLARED, waiting)
    void(rejoining(TZ, seqs=(3, 9)), VoidCode.REJOIN_UNKNOWN, waiting)
    judge_commit(telling(rejoining(TZ, seqs=(3, 3)), waiting), waiting, vouch)  # named twice it is still one


def test_an_answered_rejoin_is_not_answered_again() -> None:
    waiting = replace(MATTER, rejoins={3: RejoinNotice(TZ, REF)})
    void(rejoining(TZ), VoidCode.REJOIN_UNKNOWN, after_commit(waiting, rejoining(TZ)))


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_of_two_rejoins_of_one_member_neither_brings_in_the_others_key(policy: ChannelPolicy) -> None:
    waiting = replace(policy, rejoins={3: RejoinNotice(TZ, b"first"), 4: RejoinNotice(TZ, b"second")})
    void(rejoining(TZ, seqs=(3, 4), ref=b"first"), VoidCode.REJOIN_MISMATCH, waiting)
    void(rejoining(TZ, seqs=(3,), ref=b"second"), VoidCode.REJOIN_MISMATCH, waiting)
    judge_commit(telling(rejoining(TZ, seqs=(4,), ref=b"second"), waiting), waiting, vouch)


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_two_leaves_of_one_authority_are_never_brought_in(policy: ChannelPolicy) -> None:
    waiting = replace(policy, rejoins={3: RejoinNotice(TZ, REF)})
    declared = {"rejoins": [3], "access": [KE, TZ]}
    twice = commit(KE, TZ, TZ, added=(added(TZ), added(TZ)), removed=(removed(TZ),), declare=declared)
    void(twice, VoidCode.SECOND_LEAF, waiting)
    with pytest.raises(VoidCommit, match="two leaves"):
        judge_tree([leaf(KE), leaf(TZ), TreeLeaf(TZ, b"another key")], policy, PIN, vouch)


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_a_path_changes_neither_whose_leaf_it_is_nor_takes_an_unvouched_key(policy: ChannelPolicy) -> None:
    leaf = LEAVES[KE]
    void(commit(KE, TZ, updated=(Updated(leaf, KE, UG, key_of(UG)),)), VoidCode.AUTHORITY_CHANGED, policy)
    void(commit(KE, TZ, updated=(Updated(leaf, KE, "KE.central", key_of(KE)),)), VoidCode.AUTHORITY_CHANGED, policy)
    void(commit(KE, TZ, updated=(Updated(leaf, KE, KE, key_of(TZ)),)), VoidCode.NOT_VOUCHED, policy)
    # An update of another's leaf is no path of one's own.
    void(commit(KE, TZ, updated=(Updated(LEAVES[TZ], TZ, TZ, key_of(TZ)),)), VoidCode.NO_PATH, policy)


def test_who_removes_and_is_removed_does_not_matter_without_a_reason() -> None:
    void(commit(KE, removed=(removed(TZ),)), VoidCode.UNFOUNDED_REMOVAL, MATTER)
    void(commit(KE, removed=(Removed(TZ, 7, key_of(TZ)),)), VoidCode.UNFOUNDED_REMOVAL, MATTER)
    void(commit(KE, UG, NG, removed=(removed(TZ),)), VoidCode.STILL_ON_ROSTER, NETWORK)


@pytest.mark.parametrize("access", [[TZ, KE], [KE], [KE, TZ, UG], [KE, KE, TZ]])
@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_the_relay_is_told_of_the_tree_and_nothing_else(policy: ChannelPolicy, access: list[str]) -> None:
    void(commit(KE, TZ, declare={"access": access}), VoidCode.ACCESS_DIFFERS, policy)
