"""How the channels stand, as shown."""

from __future__ import annotations

from collections import Counter

import msgspec

from rogatory.node.store import channels, outbox
from rogatory.node.transaction import Tx


class ChannelsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`states`: how many channels are in each state; `unsent`: documents that no relay has taken yet."""

    states: dict[str, int]
    unsent: int


def channels_status(tx: Tx) -> ChannelsStatus:
    """All channels together."""
    states = Counter(row.state for row in channels.every(tx.connection))
    return ChannelsStatus(states=dict(sorted(states.items())), unsent=outbox.count_unsent(tx.connection))
