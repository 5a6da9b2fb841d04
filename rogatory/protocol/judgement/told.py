"""What joiners are told of a channel, as one digest: the committer's leaf names it, everybody computes it.

The tree holds that leaf, and MLS binds the tree: whoever follows the commit and whoever joins by it compare one value.
So a committer can tell its joiners neither more nor less than the log says.
"""

from __future__ import annotations

import hashlib

import msgspec

from rogatory.protocol.judgement.policy import ChannelPolicy, MatterPolicy

_LABEL = b"rogatory told 1\x00"


def told_digest(policy: ChannelPolicy) -> bytes:
    """SHA-256 of what the log has brought so far and commits are judged by (PROTOCOL.md, Judgement)."""
    rejoins = [[seq, each.authority, each.key_package_ref] for seq, each in sorted(policy.rejoins.items())]
    told: list[object] = [sorted(policy.leavers), rejoins]
    if isinstance(policy, MatterPolicy):
        still_open = [[digest, sorted(names)] for digest, names in sorted(policy.signers.items())]
        left = [[authority, count] for authority, count in sorted(policy.left.items())]
        told += [sorted(policy.parties), sorted(policy.suspended), left, list(policy.amendments), still_open]
    return hashlib.sha256(_LABEL + msgspec.msgpack.encode(told)).digest()
