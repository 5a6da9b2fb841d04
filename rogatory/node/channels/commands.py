"""What those who give documents their meaning ask of channels: rows only, acted upon when the transaction ends."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.node.channels.hooks import Kind
from rogatory.node.channels.states import ChannelState
from rogatory.node.errors import Conflict, NotFound
from rogatory.node.store import channels, closings, outbox, wishes
from rogatory.node.store.channels import ChannelRow
from rogatory.node.store.wishes import WishKind
from rogatory.node.transaction import Tx
from rogatory.protocol.content import SALT
from rogatory.protocol.header import genesis
from rogatory.protocol.text import message


def found(
    tx: Tx,
    *,
    channel: bytes,
    kind: Kind,
    relay: str,
    members: Sequence[str],
    charter_digest: bytes | None = None,
    network: str | None = None,
) -> None:
    """Found a channel (32-byte id) at `relay` and add `members` (others than this node) in its first commit.

    A matter waits until each member has a key package; a network starts with those who have one. Raises Conflict
    if this node knows the channel already.
    """
    if channels.get(tx.connection, channel) is not None:
        raise Conflict(message("the channel {channel} exists at this node already", channel=channel.hex()))
    head = genesis(channel)
    channels.insert(
        tx.connection,
        ChannelRow(
            id=channel,
            relay=relay,
            state=ChannelState.FOUNDING,
            created_at=tx.now,
            kind=kind,
            network=network,
            charter_digest=charter_digest,
            head_hash=head.hash,
        ),
    )
    for authority in sorted(set(members) - {tx.authority}):
        wish_add(tx, channel, authority)


def enqueue(tx: Tx, channel: bytes, envelope: bytes, message_id: bytes, document: int | None = None) -> None:
    """Send a signed document once, after all that was enqueued before; `message_id` has 16 bytes.

    `document`: the row among the documents in which this very envelope is kept, so that it is not kept twice.
    Raises NotFound, or Conflict where this node is a member no longer.
    """
    row = _known(tx, channel)
    _check_sending(tx, row)
    outbox.add(tx.connection, channel, message_id, envelope, tx.random(SALT), tx.now, document=document)


def share(
    tx: Tx, channel: bytes, envelope: bytes, message_id: bytes, original_seq: int, document: int | None = None
) -> None:
    """Send a document that stands in the log at `original_seq` again, as it was signed. As `enqueue`."""
    row = _known(tx, channel)
    _check_sending(tx, row)
    outbox.add(tx.connection, channel, message_id, envelope, tx.random(SALT), tx.now, original_seq, document)


def wish_add(
    tx: Tx, channel: bytes, authority: str, amendment: bytes | None = None, *, delay: float = 0.0, in_turn: bool = False
) -> None:
    """Have `authority` added; `amendment` is the digest that the commit names. Kept until it is a member.

    Documents enqueued before go first. `delay` in seconds gives others the first turn; `in_turn` as of
    `wish_remove`. Raises NotFound.
    """
    _wish(tx, channel, WishKind.ADD, authority, amendment, None if in_turn else tx.now + delay)


def wish_remove(tx: Tx, channel: bytes, authority: str, *, delay: float = 0.0, in_turn: bool = False) -> None:
    """Have `authority` removed. Kept until it is no member.

    `in_turn`: all members wish it, and the one with the lowest leaf commits first. Raises NotFound.
    """
    _wish(tx, channel, WishKind.REMOVE, authority, None, None if in_turn else tx.now + delay)


def wish_suspend(tx: Tx, channel: bytes, authority: str, *, delay: float | None = None) -> None:
    """Have `authority` removed unless its leaf gets a key that is in force. Without a `delay`: in turn.

    Kept until one or the other has come about. Raises NotFound.
    """
    _wish(tx, channel, WishKind.SUSPEND, authority, None, None if delay is None else tx.now + delay)


def wish_refresh(tx: Tx, channel: bytes) -> None:
    """Renew the keys of this node's own leaf. Raises NotFound."""
    _wish(tx, channel, WishKind.REFRESH, "", None, tx.now)


def rejoin(tx: Tx, channel: bytes, relay: str) -> None:
    """Ask to be let in again to a channel of which this node holds no state; its home relay is `relay`.

    A channel that was halted goes on so, once a person has looked into why it was.
    """
    row = channels.get(tx.connection, channel)
    if row is None:
        row = ChannelRow(channel, relay, ChannelState.REJOINING, tx.now, head_hash=genesis(channel).hash)
        channels.insert(tx.connection, row)
    elif row.state == ChannelState.HALTED:
        _wish(tx, channel, WishKind.RETURN, "", None, tx.now)


def _check_sending(tx: Tx, row: ChannelRow) -> None:
    closing = closings.get(tx.connection, row.id)
    if closing is not None:
        where = (
            message("its closing is signed and on its way")
            if closing.seq is None
            else message("it was closed at entry {seq}", seq=closing.seq)
        )
        raise Conflict(message("the matter takes nothing more: {where}", where=where), message("open another matter"))
    if row.state == ChannelState.CLOSED:
        raise Conflict(message("this authority is a member of the channel no longer"))
    if row.state == ChannelState.REFUSED:
        raise Conflict(
            message("this node refused the invitation to the channel"), message("see the inbox for the reason")
        )


def _known(tx: Tx, channel: bytes) -> ChannelRow:
    row = channels.get(tx.connection, channel)
    if row is None:
        raise NotFound(message("this node has no channel {channel}", channel=channel.hex()))
    return row


def _wish(
    tx: Tx, channel: bytes, kind: WishKind, authority: str, amendment: bytes | None, due_at: float | None
) -> None:
    _known(tx, channel)
    wishes.add(
        tx.connection,
        channel,
        kind,
        authority,
        after_outbox=outbox.last_number(tx.connection),
        due_at=due_at,
        amendment=amendment,
    )
