"""Fork detection: every entry says how its author held the log (DESIGN section 1)."""

from __future__ import annotations

from rogatory.node.channels.work import Channel, Work
from rogatory.protocol.declaration import Seen
from rogatory.protocol.header import ForkDetected


def check_seen(work: Work, channel: Channel, seen: Seen, seq: int, author: str) -> None:
    """Raise ForkDetected unless the author of entry `seq` held the same log as this node, as far as this reaches."""
    if seen.seq >= seq:
        raise ForkDetected(
            f"{author} had read up to {seen.seq} when it wrote what the relay delivers as entry {seq}: the relay shows"
            " different logs to different members; compare heads by telephone"
        )
    known = channel.head_at(work.tx, seen.seq)
    if known is not None and known != seen.head:
        raise ForkDetected(
            f"{author} holds another log up to entry {seen.seq} than this node: the relay shows different logs to"
            " different members; compare heads by telephone"
        )
