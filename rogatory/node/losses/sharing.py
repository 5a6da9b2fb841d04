"""What a correspondent read and lost again: shared with it once more when this authority's officer agrees.

What it never acknowledged comes back by itself (channels/sharing.py). The rest does not: else a stolen key would be a
way to all history (DESIGN section 4).
"""

from __future__ import annotations

from rogatory.node.channels import commands as channels
from rogatory.node.errors import Conflict
from rogatory.node.inbox.views import Stage
from rogatory.node.store.documents import DocumentRow, deliveries_of, documents_of, get_envelope
from rogatory.node.store.losses import LossRow, delete_loss, get_loss
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement, Charter
from rogatory.protocol.text import counted, message


def lost_documents(tx: Tx, channel: bytes, authority: str) -> list[DocumentRow]:
    """Documents that stand in the log behind the place from which on `authority` says that it lost what it read.

    This authority's own that it had acknowledged, and its own words, which only others still have.
    """
    loss = get_loss(tx.connection, channel, authority)
    if loss is None:
        return []
    return [row for row in documents_of(tx.connection, channel) if _is_lost(tx, row, authority, loss)]


def share_lost(tx: Tx, channel: bytes, authority: str) -> list[str]:
    """Send them again, with their original signatures; gives their ids. Raises Conflict where nothing is asked for."""
    lost = lost_documents(tx, channel, authority)
    if not lost:
        raise Conflict(
            message("{authority} has not told that it lost anything that this node could share", authority=authority),
            message("in a matter, documents can be named: rogatory-node matter share MATTER DOCUMENT..."),
        )
    for row in lost:
        assert row.seq is not None
        channels.share(tx, channel, get_envelope(tx.connection, row.row), row.id, row.seq)
    delete_loss(tx.connection, channel, authority)
    return [row.id.hex() for row in lost]


def tell_lost(tx: Tx, channel: bytes, authority: str) -> str:
    """What the officer is told when the member asks to be let in again, and what there is to decide."""
    asks = message("{authority} lost its place in the channel and asks to be let in again", authority=authority)
    lost = lost_documents(tx, channel, authority)
    if not lost:
        return asks
    return counted(
        "{asks}. It had {count} document that it says it lost: if it confirms that to you, share it again with:"
        " rogatory-node {command} --lost-by {authority}",
        "{asks}. It had {count} documents that it says it lost: if it confirms that to you, share them again with:"
        " rogatory-node {command} --lost-by {authority}",
        count=len(lost),
        asks=asks,
        command=_where(tx, channel),
        authority=authority,
    )


def _where(tx: Tx, channel: bytes) -> str:
    roster = tx.directory.roster_of_channel(channel)
    return f"matter share {channel.hex()[:8]}" if roster is None else f"network share {roster.id}"


def _may_share(tx: Tx, row: DocumentRow) -> bool:
    """Another's announcement is passed on by who may announce himself: else its recipients would have to refuse it."""
    roster = tx.directory.roster_of_channel(row.channel)
    if roster is None or row.kind != Announcement.KIND:
        return True
    return tx.directory.may_announce(roster.id, tx.authority, tx.directory.network_versions[roster.id])


def _is_lost(tx: Tx, row: DocumentRow, authority: str, loss: LossRow) -> bool:
    if row.seq is None or row.seq <= loss.after or row.stage == Stage.VOID or row.kind == Charter.KIND:
        return False
    if row.author == authority:
        return row.seq < loss.told_at and _may_share(tx, row)
    if row.author != tx.authority or row.seq > loss.read_up_to:
        return False
    acknowledged = {each.authority for each in deliveries_of(tx.connection, row.row) if not each.excepted}
    return authority in acknowledged
