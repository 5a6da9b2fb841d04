"""By what a matter's commits and documents are judged, gathered from what the log has brought so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rogatory.node.channels.awaiting import has_ended
from rogatory.node.store.absences import get_absences
from rogatory.node.store.amendments import AmendmentRow, get_amendments, get_signatures
from rogatory.node.store.closings import closed_at
from rogatory.node.store.leavers import leavers_of
from rogatory.node.store.matters import MatterRow, present_parties
from rogatory.node.transaction import Tx
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.judgement import MatterPolicy, RejoinNotice


def matter_policy(
    tx: Tx, matter: MatterRow, last_pin: DirectoryPin, rejoins: Mapping[int, RejoinNotice] | None = None
) -> MatterPolicy:
    """The policy as the log stands here. Without `rejoins`: as far as documents are judged by it."""
    amendments = get_amendments(tx.connection, matter.channel)
    complete = [row for row in amendments if row.place is not None]
    directory = tx.directory
    policy = MatterPolicy(
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
        ended=lambda authority, key, pin: has_ended(directory, authority, key, pin),
    )
    if rejoins is None:
        return policy
    absences = get_absences(tx.connection, matter.channel)
    return replace(
        policy,
        parties=policy.parties | absences.suspended,
        suspended=absences.suspended,
        left=absences.left,
        signers={
            row.digest: frozenset(signed)
            for row, signed in standing_amendments(tx, matter, amendments)
            if row.place is None
        },
    )


def standing_amendments(
    tx: Tx, matter: MatterRow, rows: Sequence[AmendmentRow]
) -> list[tuple[AmendmentRow, Mapping[str, bytes]]]:
    """Complete amendments and those that may become so, with the envelopes under each by signer; others are past."""
    last = max((row for row in rows if row.place is not None), key=lambda row: row.place or 0, default=None)
    previous = None if last is None else last.digest
    found: list[tuple[AmendmentRow, Mapping[str, bytes]]] = []
    for row in rows:
        if row.place is None and row.previous != previous:
            continue
        signed = get_signatures(tx.connection, matter.channel, row.digest)
        if row.proposer in signed:
            found.append((row, signed))
    return found
