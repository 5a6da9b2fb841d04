"""Who may be added to a matter, and who removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rogatory.protocol.judgement.facts import CommitFacts
from rogatory.protocol.judgement.policy import MatterPolicy
from rogatory.protocol.judgement.void import VoidCode, VoidCommit
from rogatory.protocol.text import message


def _is_not_closed(facts: CommitFacts, policy: MatterPolicy) -> None:
    """After the closing its founder lets members in again that must still learn of it, and that is all."""
    if policy.closed_at is None:
        return
    names = {added.authority for added in facts.added} | {removed.authority for removed in facts.removed}
    if facts.committer != policy.founder or not names or names != facts.rejoined:
        raise VoidCommit(
            VoidCode.CLOSED, message("the matter was closed at entry {closed_at}", closed_at=policy.closed_at)
        )


def _added_are_parties(facts: CommitFacts, policy: MatterPolicy) -> None:
    """DESIGN section 1: a further party needs an amendment signed by every existing one, named in the commit."""
    entitled = policy.parties
    digest = facts.declaration.amendment
    if digest is not None:
        if digest not in policy.amendments:
            raise VoidCommit(
                VoidCode.UNKNOWN_AMENDMENT, message("the commit names an amendment that not every party has signed")
            )
        place = list(policy.amendments).index(digest) + 1
        # Whoever left is added again only by what was agreed since.
        entitled |= {each for each in policy.amendments[digest] if place > policy.left.get(each, 0)}
    for added in facts.added:
        if added.authority not in entitled | facts.rejoined:
            raise VoidCommit(
                VoidCode.NOT_A_PARTY, message("{authority} is no party of this channel", authority=added.authority)
            )


def _removals_are_founded(facts: CommitFacts, policy: MatterPolicy) -> None:
    founded = policy.leavers | facts.rejoined
    pin = facts.declaration.directory
    for removed in facts.removed:
        name = removed.authority
        if name in founded or policy.struck_off(name, pin) or policy.ended(name, removed.signature_key, pin):
            continue
        raise VoidCommit(
            VoidCode.UNFOUNDED_REMOVAL,
            message("{name} has not asked to leave or rejoin, and stands in the directory with its keys", name=name),
        )


def check_matter_members(members: Sequence[str], policy: MatterPolicy) -> None:
    """Raise VoidCommit unless all members are parties."""
    strangers = sorted(set(members) - policy.parties)
    if strangers:
        raise VoidCommit(
            VoidCode.NOT_A_PARTY, message("{strangers}: no party of this channel", strangers=tuple(strangers))
        )


def _lets_in_or_removes(facts: CommitFacts, policy: MatterPolicy) -> None:
    # An amendment may become complete as somebody goes: joiners are told of what is so before.
    if facts.added and any(removed.authority not in facts.rejoined for removed in facts.removed):
        raise VoidCommit(
            VoidCode.MIXED_CHANGES, message("a matter's commit lets members in or removes some, and never both")
        )


MATTER_RULES: Final = (_is_not_closed, _added_are_parties, _removals_are_founded, _lets_in_or_removes)
