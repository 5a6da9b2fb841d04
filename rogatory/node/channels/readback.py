"""Own entries as the log shows them: only here does a commit of one's own take effect (DESIGN section 4)."""

from __future__ import annotations

import msgspec

from rogatory.node.channels.closing import close_down
from rogatory.node.channels.commits import Change, apply
from rogatory.node.channels.halting import halt
from rogatory.node.channels.hooks import Arrival
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import outbox, own_entries, wishes
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState, OwnEntry
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.documents import Closing, Document, kept_document
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Header
from rogatory.protocol.judgement import VoidDocument
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.text import message


def read_back(work: Work, channel: Channel, own: OwnEntry, entry: Entry, header: Header) -> None:
    """The log shows an own entry; its header has joined the log already."""
    own.seq = entry.seq
    if not receipt_agrees(own, header):
        halt(work, channel, Trouble.FORK, receipt_lied(entry.seq))
        return
    body, overtaken = entry.body or own.body or b"", _is_overtaken(work, own)
    settle(work, own)
    if overtaken:
        return
    if own.kind is EntryKind.MESSAGE:
        _requeue_overtaken(work, own)
        _message(work, channel, own, entry, header.hash(), body)
    elif own.kind is EntryKind.COMMIT:
        _commit(work, channel, own, entry)


def take_note(work: Work, channel: Channel, entry: Entry, header: Header) -> None:
    """An own entry after the closing of its matter: it is void, and its place is kept beside its receipt."""
    own = own_entries.find(work.tx.connection, channel.id, header.body_hash)
    if own is None:
        return
    if entry.author != work.tx.authority or not receipt_agrees(own, header):
        halt(work, channel, Trouble.FORK, receipt_lied(entry.seq))
        return
    own.seq = entry.seq
    settle(work, own)


def settle(work: Work, own: OwnEntry) -> None:
    """The bytes are needed no longer once log and receipt are both here."""
    if own.seq is not None and own.receipt is not None:
        own.state, own.body, own.invitation = EntryState.DONE, None, None
    else:
        own.state = EntryState.OUTGOING if own.body is not None else EntryState.DONE
    own_entries.update(work.tx.connection, own)


def _is_overtaken(work: Work, own: OwnEntry) -> bool:
    """Whether a later message stands in the log before: then nobody has its key any more, and it is sealed anew."""
    if own.kind is not EntryKind.MESSAGE or own.state is not EntryState.ABANDONED:
        return False
    return own_entries.is_overtaken(work.tx.connection, own)


def _requeue_overtaken(work: Work, own: OwnEntry) -> None:
    """What this entry overtook is sealed anew: no member keeps skipped keys (PROTOCOL.md section 9).

    A relay takes entries in the order in which they are sent, unless it drops some.
    """
    skipped = own_entries.overtaken_by(work.tx.connection, own)
    for each in skipped:
        each.state, each.body = EntryState.ABANDONED, None
        own_entries.update(work.tx.connection, each)
    numbers = [each.outbox_number for each in skipped if each.outbox_number is not None]
    unlogged = [number for number in numbers if outbox.get(work.tx.connection, number).seq is None]
    outbox.set_state(work.tx.connection, unlogged, OutboxState.QUEUED)


def _message(work: Work, channel: Channel, own: OwnEntry, entry: Entry, head: bytes, body: bytes) -> None:
    if own.outbox_number is None:
        return
    row = outbox.get(work.tx.connection, own.outbox_number)
    if row.seq is not None:  # sealed twice, and both stand: the first counts, recipients drop the second
        return
    outbox.mark_logged(work.tx.connection, row.number, entry.seq)
    if row.envelope is None:
        return
    claimed = kept_document(row.envelope)
    arrival = Arrival(
        seq=entry.seq,
        author=entry.author,
        time=entry.time,
        message_id=row.message_id,
        document=Document(
            claimed.payload, claimed.payload_bytes, claimed.digest, claimed.envelope, claimed.signer, claimed.key_set
        ),
        pin=channel.last_pin,
        last_pin=channel.last_pin,
        head=head,
        own=True,
        shared=row.original_seq is not None,
        original_seq=row.original_seq,
        body=body,
        kept=own.kept,
        salt=row.salt,
    )
    try:
        work.hooks.document_arrived(work.tx, channel.id, arrival)
    except VoidDocument as void:
        work.hooks.document_void(work.tx, channel.id, arrival, void)
    if claimed.payload.kind == Closing.KIND:
        close_down(work, channel)


def _commit(work: Work, channel: Channel, own: OwnEntry, entry: Entry) -> None:
    if own.detail is None or channel.pending is None:
        halt(
            work,
            channel,
            Trouble.LOG_BROKEN,
            message("the relay refused this node's commit and shows it as entry {seq} all the same", seq=entry.seq),
        )
        return
    change = msgspec.msgpack.decode(own.detail, type=Change)
    group, channel.pending = channel.pending, None
    founding = channel.state is ChannelState.FOUNDING
    if founding:
        channel.enter(ChannelState.OPEN)
    apply(work, channel, entry, change, group)
    refreshed = [
        wish.number for wish in wishes.of_channel(work.tx.connection, channel.id) if wish.kind is WishKind.REFRESH
    ]
    wishes.delete(work.tx.connection, refreshed)
    if founding:
        work.hooks.founded(work.tx, channel.id)


def receipt_agrees(own: OwnEntry, header: Header) -> bool:
    """Whether the relay's receipt, if there is one, names the place and head that its log shows."""
    if own.receipt is None:
        return True
    receipt = msgspec.msgpack.decode(own.receipt, type=Receipt)
    return receipt.seq == header.seq and receipt.head == header.hash()


def receipt_lied(seq: int) -> str:
    """What the officer is told where it does not."""
    return message(
        "the relay's receipt for entry {seq} names another place or head than its log shows: keep the receipt, it"
        " proves that the relay forked or altered the log",
        seq=seq,
    )
