"""By what a matter's commits and documents are judged, gathered from what the log has brought so far."""

from __future__ import annotations

from collections.abc import Mapping

from rogatory.node.store.amendments import get_amendments
from rogatory.node.store.closings import closed_at
from rogatory.node.store.leavers import leavers_of
from rogatory.node.store.matters import MatterRow, present_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import MatterPolicy, RejoinNotice


def matter_policy(
    tx: Tx, matter: MatterRow, last_pin: DirectoryPin, rejoins: Mapping[int, RejoinNotice] | None = None
) -> MatterPolicy:
    """The policy as the log stands here."""
    complete = [row for row in get_amendments(tx.connection, matter.channel) if row.place is not None]
    directory = tx.directory
    return MatterPolicy(
        charter=matter.charter,
        founder=matter.creator,
        closed_at=closed_at(tx.connection, matter.channel),
        parties=present_parties(tx.connection, matter.channel),
        amendments={row.digest: frozenset(row.adds) for row in complete},
        last_amendment=complete[-1].digest if complete else None,
        leavers=leavers_of(tx.connection, matter.channel),
        rejoins=rejoins or {},
        last_pin=last_pin,
        struck_off=lambda authority, pin: directory.struck_off(authority, pin.targets),
    )
