"""The judgement of a commit: the rules of every channel here, those of its kind in `matter.py` and `network.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.errors import NotVouched
from rogatory.protocol.judgement.facts import CommitFacts, TreeLeaf
from rogatory.protocol.judgement.matter import MATTER_RULES, check_matter_members
from rogatory.protocol.judgement.network import NETWORK_RULES, check_network_members
from rogatory.protocol.judgement.policy import ChannelPolicy, MatterPolicy, after_commit
from rogatory.protocol.judgement.told import told_digest
from rogatory.protocol.judgement.void import VoidCode, VoidCommit
from rogatory.protocol.mls.validate_leaf_node import MAX_LIFETIME
from rogatory.protocol.text import message

Vouch = Callable[[str, bytes, DirectoryPin], None]
"""From (authority, signature key, pin): raises NotVouched, or an error of the caller's own when it must wait."""


def _private_only(facts: CommitFacts, policy: ChannelPolicy) -> None:
    if not facts.wire_is_private:
        raise VoidCommit(VoidCode.NOT_PRIVATE, message("handshakes travel as PrivateMessage only"))


def _no_external_commit(facts: CommitFacts, policy: ChannelPolicy) -> None:
    if facts.committer is None:
        raise VoidCommit(VoidCode.EXTERNAL_COMMIT, message("nobody joins by a commit of its own"))


def _by_value_only(facts: CommitFacts, policy: ChannelPolicy) -> None:
    # RFC 9420 section 12.4: an unanswered proposal by reference stalls the group.
    if facts.proposals_by_reference:
        raise VoidCommit(VoidCode.BY_REFERENCE, message("proposals stand in their commit by value only"))


def _add_and_remove_only(facts: CommitFacts, policy: ChannelPolicy) -> None:
    if facts.other_proposals:
        names = tuple(facts.other_proposals)
        raise VoidCommit(
            VoidCode.FORBIDDEN_PROPOSAL, message("commits add and remove members only, not: {names}", names=names)
        )


def _with_path(facts: CommitFacts, policy: ChannelPolicy) -> None:
    # Else a leaf whose key the directory no longer vouches for could go on committing.
    if not any(updated.leaf == facts.committer_leaf for updated in facts.updated):
        raise VoidCommit(VoidCode.NO_PATH, message("every commit updates its committer's own path"))


def _author_commits(facts: CommitFacts, policy: ChannelPolicy) -> None:
    if facts.committer != facts.entry_author:
        raise VoidCommit(
            VoidCode.WRONG_AUTHOR,
            message(
                "{entry_author} appended a commit of {committer}'s leaf",
                entry_author=facts.entry_author,
                committer=facts.committer,
            ),
        )


def _pin_never_decreases(facts: CommitFacts, policy: ChannelPolicy) -> None:
    pin, last = facts.declaration.directory, policy.last_pin
    if pin.targets < last.targets or pin.network < last.network:
        raise VoidCommit(
            VoidCode.PIN_DECREASED,
            message(
                "the commit uses directory version {targets}/{network}, the one before used "
                "{last_targets}/{last_network}",
                targets=pin.targets,
                network=pin.network,
                last_targets=last.targets,
                last_network=last.network,
            ),
        )


def _authority_stays(facts: CommitFacts, policy: ChannelPolicy) -> None:
    for updated in facts.updated:
        if updated.authority_before != updated.authority_after:
            raise VoidCommit(
                VoidCode.AUTHORITY_CHANGED,
                message(
                    "leaf {leaf} of {authority_before} became one of {authority_after}",
                    leaf=updated.leaf,
                    authority_before=updated.authority_before,
                    authority_after=updated.authority_after,
                ),
            )


def _one_leaf_each(facts: CommitFacts, policy: ChannelPolicy) -> None:
    check_distinct_members(facts.members_after)


def _access_is_the_tree(facts: CommitFacts, policy: ChannelPolicy) -> None:
    access = facts.declaration.access
    if access is None:
        if facts.changes_members:
            raise VoidCommit(VoidCode.ACCESS_MISSING, message("a commit that changes the members declares them"))
    elif access != sorted(facts.members_after):
        raise VoidCommit(VoidCode.ACCESS_DIFFERS, message("the declared access list is not the group's membership"))


def _rejoins_are_answered(facts: CommitFacts, policy: ChannelPolicy) -> None:
    """DESIGN section 4: Remove and Add together, with the key package of the rejoin entry that is named."""
    refs = {added.authority: added.key_package_ref for added in facts.added}
    named: set[str] = set()
    for seq in facts.declaration.rejoins:
        notice = policy.rejoins.get(seq)
        if notice is None or not notice.counts:
            raise VoidCommit(
                VoidCode.REJOIN_UNKNOWN,
                message("entry {seq} is no rejoin that waits for an answer and counts", seq=seq),
            )
        if notice.authority not in facts.rejoined:
            raise VoidCommit(
                VoidCode.REJOIN_MISMATCH,
                message("{authority} is not removed and added together", authority=notice.authority),
            )
        if refs[notice.authority] != notice.key_package_ref:
            raise VoidCommit(
                VoidCode.REJOIN_MISMATCH,
                message("{authority} is added by another key package than it sent", authority=notice.authority),
            )
        named.add(notice.authority)
    for authority in sorted(facts.rejoined - named):
        raise VoidCommit(
            VoidCode.REJOIN_UNDECLARED,
            message("{authority} is removed and added without a rejoin named", authority=authority),
        )


def _lifetimes_are_bounded(facts: CommitFacts, policy: ChannelPolicy) -> None:
    for added in facts.added:
        _check_lifetime(added.authority, added.lifetime)


COMMON_RULES: Final = (
    _private_only,
    _no_external_commit,
    _by_value_only,
    _add_and_remove_only,
    _author_commits,
    _with_path,
    _authority_stays,
    _one_leaf_each,
    _pin_never_decreases,
    _access_is_the_tree,
    _rejoins_are_answered,
    _lifetimes_are_bounded,
)
"""In the order of PROTOCOL.md: the first one broken gives the code."""


def judge_commit(facts: CommitFacts, policy: ChannelPolicy, vouch: Vouch) -> None:
    """Raise VoidCommit if a rule forbids the commit.

    What `vouch` and the policy's callables raise besides NotVouched goes through: the caller lacks
    the pinned directory version and waits for it.
    """
    for rule in COMMON_RULES:
        rule(facts, policy)
    leaves = [(leaf.authority, leaf.signature_key) for leaf in facts.added]
    leaves += [(leaf.authority_after, leaf.signature_key) for leaf in facts.updated]
    _check_vouched(leaves, facts.declaration.directory, vouch)
    if isinstance(policy, MatterPolicy):
        for matter_rule in MATTER_RULES:
            matter_rule(facts, policy)
    else:
        roster = policy.roster(facts.declaration.directory.network)
        for network_rule in NETWORK_RULES:
            network_rule(facts, policy, roster)
    if facts.added:
        check_told(facts.told, after_commit(policy, facts))


def judge_tree(members: Sequence[TreeLeaf], policy: ChannelPolicy, pin: DirectoryPin, vouch: Vouch) -> None:
    """What a joiner judges instead: the tree that it was let into, leaf by leaf.

    `pin` is that of the commit that added it. Raises VoidCommit: then it takes no part in the channel.
    """
    authorities = tuple(leaf.authority for leaf in members)
    check_distinct_members(authorities)
    for leaf in members:
        _check_lifetime(leaf.authority, leaf.lifetime)
    _check_vouched([(leaf.authority, leaf.signature_key) for leaf in members], pin, vouch)
    if isinstance(policy, MatterPolicy):
        check_matter_members(authorities, policy)
    else:
        check_network_members(authorities, policy.roster(pin.network))


def check_distinct_members(members: Sequence[str]) -> None:
    """Raise VoidCommit if an authority has two leaves."""
    twice = sorted(authority for authority, leaves in Counter(members).items() if leaves > 1)
    if twice:
        raise VoidCommit(VoidCode.SECOND_LEAF, message("{twice} would have two leaves", twice=tuple(twice)))


def check_told(told: bytes | None, policy: ChannelPolicy) -> None:
    """Raise VoidCommit unless what joiners are told is what the log says; `policy`: after the commit."""
    if told != told_digest(policy):
        raise VoidCommit(
            VoidCode.TOLD_DIFFERS, message("what its joiners are told of the channel is not what the log says")
        )


def _check_lifetime(authority: str, lifetime: int) -> None:
    # By the length that it claims, not by anybody's clock: so all judge it alike.
    if lifetime > MAX_LIFETIME:
        raise VoidCommit(
            VoidCode.LIFETIME_TOO_LONG,
            message(
                "the leaf of {authority} claims to be good for {lifetime} seconds",
                authority=authority,
                lifetime=lifetime,
            ),
        )


def _check_vouched(leaves: Sequence[tuple[str, bytes]], pin: DirectoryPin, vouch: Vouch) -> None:
    for authority, signature_key in leaves:
        try:
            vouch(authority, signature_key, pin)
        except NotVouched as error:
            raise VoidCommit(VoidCode.NOT_VOUCHED, str(error)) from None
