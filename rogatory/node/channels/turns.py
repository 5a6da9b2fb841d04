"""Who commits what every member may: the lowest leaf index at once, the others later if it is still needed."""

from __future__ import annotations

from collections.abc import Collection

from rogatory.node.channels.work import Channel, Work
from rogatory.protocol.judgement import NetworkPolicy

STEP = 5.0
"""Seconds between one member's turn and the next one's."""
LAST_TURN = 12
JITTER = 4.0


def turn(work: Work, channel: Channel, absent: Collection[str]) -> float | None:
    """After how many seconds this node's turn comes, None if it may not commit here. `absent` cannot commit."""
    policy = work.policy(channel)
    candidates = [authority for authority in channel.members() if authority not in absent]
    if isinstance(policy, NetworkPolicy):
        writers = policy.roster(work.pin(channel).network).writers
        candidates = [authority for authority in candidates if authority in writers]
    if work.tx.authority not in candidates:
        return None
    place = candidates.index(work.tx.authority)
    if place == 0:
        return 0.0
    chance = int.from_bytes(work.tx.random(4), "big") / 2**32
    return min(place, LAST_TURN) * STEP + chance * JITTER
