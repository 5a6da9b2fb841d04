"""Who may change the membership of a network's channel, and how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rogatory.protocol.judgement.facts import CommitFacts
from rogatory.protocol.judgement.policy import NetworkPolicy, RosterView
from rogatory.protocol.judgement.void import VoidCode, VoidCommit
from rogatory.protocol.text import message


def _observers_update_only(facts: CommitFacts, policy: NetworkPolicy, roster: RosterView) -> None:
    """Also holds for whoever is not on the roster any more and waits for removal."""
    if facts.changes_members and facts.committer not in roster.writers:
        raise VoidCommit(
            VoidCode.OBSERVER_CHANGES,
            message("{committer} observes: it may update its own path only", committer=facts.committer),
        )


def _coordinators_change_members(facts: CommitFacts, policy: NetworkPolicy, roster: RosterView) -> None:
    changed = {leaf.authority for leaf in facts.added} | {leaf.authority for leaf in facts.removed}
    # Who is struck off is removed by whoever of the writers is there: coordinators may all be away.
    changed -= facts.rejoined | _struck_off(facts, policy)
    if changed and facts.committer not in roster.coordinators:
        raise VoidCommit(
            VoidCode.NOT_COORDINATOR, message("{committer} does not coordinate this network", committer=facts.committer)
        )


def _added_are_on_roster(facts: CommitFacts, policy: NetworkPolicy, roster: RosterView) -> None:
    check_network_members([added.authority for added in facts.added], roster)


def _removed_are_off_roster(facts: CommitFacts, policy: NetworkPolicy, roster: RosterView) -> None:
    pin = facts.declaration.directory
    for removed in facts.removed:
        name = removed.authority
        seated = name in roster.everybody - policy.leavers - facts.rejoined - _struck_off(facts, policy)
        if seated and not policy.ended(name, removed.signature_key, pin):
            raise VoidCommit(
                VoidCode.STILL_ON_ROSTER, message("{name} is on the roster and has not asked to leave", name=name)
            )


def _struck_off(facts: CommitFacts, policy: NetworkPolicy) -> frozenset[str]:
    """Of those who are removed."""
    pin = facts.declaration.directory
    return frozenset(leaf.authority for leaf in facts.removed if policy.struck_off(leaf.authority, pin))


def check_network_members(members: Sequence[str], roster: RosterView) -> None:
    """Raise VoidCommit unless all members are on the roster."""
    strangers = sorted(set(members) - roster.everybody)
    if strangers:
        raise VoidCommit(
            VoidCode.NOT_ON_ROSTER, message("{strangers}: not on the network's roster", strangers=tuple(strangers))
        )


NETWORK_RULES: Final = (
    _observers_update_only,
    _coordinators_change_members,
    _added_are_on_roster,
    _removed_are_off_roster,
)
