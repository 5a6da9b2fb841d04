"""Sound commits of a matter and of a network, to be varied by one fact each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen
from rogatory.protocol.judgement import (
    Added,
    ChannelPolicy,
    CommitFacts,
    MatterPolicy,
    NetworkPolicy,
    NotVouched,
    Removed,
    RosterView,
    TreeLeaf,
    Updated,
    after_commit,
    told_digest,
)

KE, TZ, UG, NG = "ke.central", "tz.central", "ug.central", "ng.central"
LEAVES = {KE: 0, TZ: 1, UG: 2, NG: 3}
REF = b"r" * 32
AMENDMENT = b"a" * 32
PIN = DirectoryPin(7, 3)


class Waits(Exception):
    """What a directory raises when it does not hold the pinned version yet."""


def key_of(authority: str) -> bytes:
    return authority.encode().ljust(32, b"k")


def vouch(authority: str, signature_key: bytes, pin: DirectoryPin) -> None:
    """A directory of version 9/9 that holds everybody's `key_of`."""
    if pin.targets > 9 or pin.network > 9:
        raise Waits
    if signature_key != key_of(authority):
        raise NotVouched(f"{authority} does not have that key in directory version {pin.targets}")


def declaration(**changes: Any) -> Declaration:
    fields: dict[str, Any] = {"directory": PIN, "seen": Seen(4, b"h" * 32)}
    return Declaration(**{**fields, **changes})


def added(authority: str, ref: bytes = REF) -> Added:
    return Added(authority, key_of(authority), ref)


def leaf(authority: str) -> TreeLeaf:
    return TreeLeaf(authority, key_of(authority))


def removed(authority: str) -> Removed:
    return Removed(authority, LEAVES[authority], key_of(authority))


def commit(*members_after: str, by: str = KE, declare: dict[str, Any] | None = None, **changes: Any) -> CommitFacts:
    """A commit by `by` with a path; it declares its access list if it changes the members."""
    access = sorted(members_after) if changes.get("added") or changes.get("removed") else None
    facts = CommitFacts(
        seq=5,
        entry_author=by,
        committer=by,
        committer_leaf=LEAVES[by],
        declaration=declaration(**{"access": access, **(declare or {})}),
        updated=(Updated(LEAVES[by], by, by, key_of(by)),),
        members_after=members_after,
    )
    return replace(facts, **changes)


def telling(facts: CommitFacts, policy: ChannelPolicy) -> CommitFacts:
    """The commit with what its joiners are told in its leaf."""
    return replace(facts, told=told_digest(after_commit(policy, facts)))


MATTER = MatterPolicy(charter=b"c" * 32, founder=KE, parties=frozenset({KE, TZ}), last_pin=PIN)

ROSTER = RosterView(members=frozenset({TZ, UG}), coordinators=frozenset({KE}), observers=frozenset({NG}))


def roster_at(version: int) -> RosterView:
    """The roster since version 3; before it nobody; later than 9 unknown."""
    if version > 9:
        raise Waits
    return ROSTER if version >= 3 else RosterView(frozenset(), frozenset({KE}))


NETWORK = NetworkPolicy(roster=roster_at, last_pin=PIN)
