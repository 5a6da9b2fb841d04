"""Who may be added and removed, in matters and in networks: each rule by a violation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import MatterPolicy, RejoinNotice, VoidCode, VoidCommit, after_commit, judge_commit
from tests.protocol.judgement.facts import (
    AMENDMENT,
    KE,
    MATTER,
    NETWORK,
    NG,
    REF,
    ROSTER,
    TZ,
    UG,
    added,
    commit,
    key_of,
    removed,
    telling,
    vouch,
)
from tests.protocol.judgement.test_commit import void

NEXT = b"n" * 32


class TestMatter:
    def test_a_party_of_the_charter_is_added(self) -> None:
        judge_commit(telling(commit(KE, TZ, added=(added(TZ),)), MATTER), MATTER, vouch)

    def test_a_stranger_is_not(self) -> None:
        void(commit(KE, TZ, UG, added=(added(UG),)), VoidCode.NOT_A_PARTY)

    def test_before_the_charter_nobody_is_added(self) -> None:
        void(commit(KE, TZ, added=(added(TZ),)), VoidCode.NOT_A_PARTY, MatterPolicy())

    def test_who_a_complete_amendment_names_is_added(self) -> None:
        amended = replace(MATTER, amendments={AMENDMENT: frozenset({UG})})
        facts = commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": AMENDMENT})
        judge_commit(telling(facts, amended), amended, vouch)
        assert after_commit(amended, facts).parties == {KE, TZ, UG}

    def test_the_commit_names_the_amendment(self) -> None:
        amended = replace(MATTER, amendments={AMENDMENT: frozenset({UG})})
        void(commit(KE, TZ, UG, added=(added(UG),)), VoidCode.NOT_A_PARTY, amended)

    def test_an_amendment_that_not_every_party_signed_is_unknown(self) -> None:
        facts = commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": AMENDMENT})
        void(facts, VoidCode.UNKNOWN_AMENDMENT)

    def test_an_amendment_adds_whom_it_names(self) -> None:
        amended = replace(MATTER, amendments={AMENDMENT: frozenset({NG})})
        facts = commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": AMENDMENT})
        void(facts, VoidCode.NOT_A_PARTY, amended)

    def test_nobody_is_removed_without_cause(self) -> None:
        void(commit(KE, removed=(removed(TZ),)), VoidCode.UNFOUNDED_REMOVAL)

    def test_who_asked_to_leave_is_removed_and_is_a_party_no_more(self) -> None:
        leaving = replace(MATTER, leavers=frozenset({TZ}))
        facts = commit(KE, removed=(removed(TZ),))
        judge_commit(facts, leaving, vouch)
        void(commit(KE, TZ, added=(added(TZ),)), VoidCode.NOT_A_PARTY, after_commit(leaving, facts))

    def test_who_was_struck_off_as_of_the_pin_is_removed(self) -> None:
        def struck_off(authority: str, pin: DirectoryPin) -> bool:
            return authority == TZ and pin.targets >= 8

        policy = replace(MATTER, struck_off=struck_off)
        void(commit(KE, removed=(removed(TZ),)), VoidCode.UNFOUNDED_REMOVAL, policy)
        later = commit(KE, removed=(removed(TZ),), declare={"directory": DirectoryPin(8, 3)})
        judge_commit(later, policy, vouch)

    def test_who_left_is_added_again_by_what_was_agreed_since_alone(self) -> None:
        policy = replace(MATTER, amendments={AMENDMENT: frozenset({UG})})
        came = after_commit(policy, commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": AMENDMENT}))
        gone = after_commit(replace(came, leavers=frozenset({UG})), commit(KE, TZ, removed=(removed(UG),)))
        assert gone.left == {UG: 1}
        again = commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": AMENDMENT})
        void(again, VoidCode.NOT_A_PARTY, gone)
        agreed = replace(gone, amendments={**gone.amendments, NEXT: frozenset({UG})})
        void(again, VoidCode.NOT_A_PARTY, agreed)
        back = commit(KE, TZ, UG, added=(added(UG),), declare={"amendment": NEXT})
        judge_commit(telling(back, agreed), agreed, vouch)
        assert after_commit(agreed, back).left == {}

    def test_whose_keys_have_ended_is_removed_and_stays_a_party(self) -> None:
        def ended(authority: str, signature_key: bytes, pin: DirectoryPin) -> bool:
            return signature_key == key_of(TZ) and pin.targets >= 8

        policy = replace(MATTER, ended=ended)
        void(commit(KE, removed=(removed(TZ),)), VoidCode.UNFOUNDED_REMOVAL, policy)
        facts = commit(KE, removed=(removed(TZ),), declare={"directory": DirectoryPin(8, 3)})
        judge_commit(facts, policy, vouch)
        after = after_commit(policy, facts)
        assert (after.parties, after.suspended, after.left) == ({KE, TZ}, {TZ}, {})
        back = commit(KE, TZ, added=(added(TZ),), declare={"directory": DirectoryPin(8, 3)})
        judge_commit(telling(back, after), after, vouch)
        assert after_commit(after, back).suspended == frozenset()

    def test_who_asked_to_leave_or_was_struck_off_does_not_stay_a_party(self) -> None:
        facts = commit(KE, removed=(removed(TZ),))
        for policy in (
            replace(MATTER, leavers=frozenset({TZ}), ended=lambda *_: True),
            replace(MATTER, struck_off=lambda *_: True, ended=lambda *_: True),
        ):
            after = after_commit(policy, facts)
            assert (after.parties, after.suspended, after.left) == ({KE}, frozenset(), {TZ: 0})

    def test_a_commit_lets_in_or_removes(self) -> None:
        policy = replace(MATTER, parties=frozenset({KE, TZ, UG}), leavers=frozenset({TZ}))
        facts = commit(KE, UG, added=(added(UG),), removed=(removed(TZ),))
        void(telling(facts, policy), VoidCode.MIXED_CHANGES, policy)


class TestClosedMatter:
    closed = replace(MATTER, closed_at=9, rejoins={11: RejoinNotice(TZ, REF)})
    back: dict[str, Any] = {"removed": (removed(TZ),), "added": (added(TZ),)}  # noqa: RUF012

    def test_its_founder_lets_members_in_again(self) -> None:
        facts = commit(KE, TZ, **self.back, declare={"rejoins": [11]})
        judge_commit(telling(facts, self.closed), self.closed, vouch)

    def test_nobody_else_does(self) -> None:
        closed = replace(self.closed, parties=frozenset({KE, TZ, UG}))
        facts = commit(KE, TZ, UG, by=UG, **self.back, declare={"rejoins": [11]})
        void(facts, VoidCode.CLOSED, closed)

    def test_no_keys_are_renewed_and_nobody_comes_or_goes(self) -> None:
        void(commit(KE, TZ), VoidCode.CLOSED, self.closed)
        void(commit(KE, TZ, added=(added(TZ),)), VoidCode.CLOSED, self.closed)
        leaving = replace(self.closed, leavers=frozenset({UG}))
        facts = commit(KE, TZ, removed=(removed(TZ), removed(UG)), added=(added(TZ),), declare={"rejoins": [11]})
        void(facts, VoidCode.CLOSED, leaving)


class TestNetwork:
    def test_a_coordinator_adds_who_is_on_the_roster(self) -> None:
        for authority in (TZ, UG, NG):
            facts = commit(KE, authority, added=(added(authority),))
            judge_commit(telling(facts, NETWORK), NETWORK, vouch)

    def test_a_member_adds_nobody(self) -> None:
        void(commit(KE, TZ, UG, by=TZ, added=(added(UG),)), VoidCode.NOT_COORDINATOR, NETWORK)

    def test_a_member_removes_nobody(self) -> None:
        void(commit(KE, TZ, by=TZ, removed=(removed(UG),)), VoidCode.NOT_COORDINATOR, NETWORK)

    def test_a_stranger_to_the_roster_is_not_added(self) -> None:
        facts = commit(KE, "rw.central", added=(added("rw.central"),))
        void(facts, VoidCode.NOT_ON_ROSTER, NETWORK)

    def test_who_is_on_the_roster_is_not_removed(self) -> None:
        void(commit(KE, TZ, removed=(removed(UG),)), VoidCode.STILL_ON_ROSTER, NETWORK)

    def test_who_left_the_roster_or_asked_to_leave_is_removed(self) -> None:
        facts = commit(KE, TZ, removed=(removed(UG),))
        without = replace(ROSTER, members=frozenset({TZ}))
        judge_commit(facts, replace(NETWORK, roster=lambda version: without), vouch)
        judge_commit(facts, replace(NETWORK, leavers=frozenset({UG})), vouch)

    def test_who_is_struck_off_is_removed_by_any_writer_whatever_the_roster_says(self) -> None:
        policy = replace(NETWORK, struck_off=lambda authority, pin: authority == UG and pin.targets >= 8)
        now = {"directory": DirectoryPin(8, 3)}
        judge_commit(commit(KE, TZ, by=TZ, removed=(removed(UG),), declare=now), policy, vouch)
        void(commit(TZ, UG, by=TZ, removed=(removed(KE),), declare=now), VoidCode.NOT_COORDINATOR, policy)
        void(commit(KE, TZ, removed=(removed(UG),)), VoidCode.STILL_ON_ROSTER, policy)

    def test_whose_keys_have_ended_is_removed_by_a_coordinator(self) -> None:
        policy = replace(NETWORK, ended=lambda *_: True)
        judge_commit(commit(KE, TZ, removed=(removed(UG),)), policy, vouch)
        void(commit(KE, TZ, by=TZ, removed=(removed(UG),)), VoidCode.NOT_COORDINATOR, policy)

    def test_the_roster_is_that_of_the_pin(self) -> None:
        early = replace(NETWORK, last_pin=DirectoryPin(1, 1))
        facts = commit(KE, TZ, added=(added(TZ),), declare={"directory": DirectoryPin(7, 2)})
        void(facts, VoidCode.NOT_ON_ROSTER, early)

    def test_an_observer_updates_its_own_path_only(self) -> None:
        judge_commit(commit(KE, TZ, NG, by=NG), NETWORK, vouch)
        void(commit(KE, NG, by=NG, removed=(removed(TZ),)), VoidCode.OBSERVER_CHANGES, NETWORK)

    def test_who_left_the_roster_changes_no_members(self) -> None:
        gone = replace(NETWORK, roster=lambda version: replace(ROSTER, members=frozenset({TZ})))
        void(commit(KE, UG, by=UG, removed=(removed(TZ),)), VoidCode.OBSERVER_CHANGES, gone)


@pytest.mark.parametrize("policy", [MATTER, NETWORK])
def test_a_void_says_why(policy: MatterPolicy) -> None:
    with pytest.raises(VoidCommit, match=r"rw\.central"):
        judge_commit(commit(KE, "rw.central", added=(added("rw.central"),)), policy, vouch)
