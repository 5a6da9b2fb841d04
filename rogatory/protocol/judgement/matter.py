"""Who may be added to a matter, and who removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rogatory.protocol.judgement.facts import CommitFacts
from rogatory.protocol.judgement.policy import MatterPolicy
from rogatory.protocol.judgement.void import VoidCode, VoidCommit


def _is_not_closed(facts: CommitFacts, policy: MatterPolicy) -> None:
    """After the closing its founder lets members in again that must still learn of it, and that is all."""
    if policy.closed_at is None:
        return
    names = {added.authority for added in facts.added} | {removed.authority for removed in facts.removed}
    if facts.committer != policy.founder or not names or names != facts.rejoined:
        raise VoidCommit(VoidCode.CLOSED, f"the matter was closed at entry {policy.closed_at}")


def _added_are_parties(facts: CommitFacts, policy: MatterPolicy) -> None:
    """DESIGN section 1: a further party needs an amendment signed by every existing one, named in the commit."""
    entitled = policy.parties
    digest = facts.declaration.amendment
    if digest is not None:
        if digest not in policy.amendments:
            raise VoidCommit(
                VoidCode.UNKNOWN_AMENDMENT, "the commit names an amendment that not every party has signed"
            )
        entitled |= policy.amendments[digest]
    for added in facts.added:
        if added.authority not in entitled | facts.rejoined:
            raise VoidCommit(VoidCode.NOT_A_PARTY, f"{added.authority} is no party of this channel")


def _removals_are_founded(facts: CommitFacts, policy: MatterPolicy) -> None:
    founded = policy.leavers | facts.rejoined
    for removed in facts.removed:
        if removed.authority not in founded and not policy.struck_off(removed.authority, facts.declaration.directory):
            raise VoidCommit(
                VoidCode.UNFOUNDED_REMOVAL,
                f"{removed.authority} has not asked to leave or rejoin, and stands in the directory",
            )


def check_matter_members(members: Sequence[str], policy: MatterPolicy) -> None:
    """Raise VoidCommit unless all members are parties."""
    strangers = sorted(set(members) - policy.parties)
    if strangers:
        raise VoidCommit(VoidCode.NOT_A_PARTY, f"{', '.join(strangers)}: no party of this channel")


MATTER_RULES: Final = (_is_not_closed, _added_are_parties, _removals_are_founded)
