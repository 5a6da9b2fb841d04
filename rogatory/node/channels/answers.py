"""Answers to appends: receipts are verified and kept, refusals lead to reading on and sending anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import nacl.bindings
import nacl.exceptions

from rogatory.keys.errors import UnknownRelay
from rogatory.node.channels import memberships, rejoining
from rogatory.node.channels.files import missing
from rogatory.node.channels.halting import abandon, close, halt
from rogatory.node.channels.readback import settle
from rogatory.node.channels.session import Attachment, Reading, Session
from rogatory.node.channels.states import FOLLOWED, ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import outbox, own_entries, wishes
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState, OwnEntry
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.frames.server import Accepted, Code, Refused
from rogatory.protocol.receipt import Receipt, ReceiptInvalid, check_receipt
from rogatory.protocol.rejection import Rejection, RejectionInvalid, check_rejection
from rogatory.protocol.text import message, text_of

FOR_GOOD: Final = frozenset({Code.MALFORMED, Code.TOO_LARGE, Code.RESERVED_CHANNEL})
"""Repeating does not mend these."""
READ_ON: Final = frozenset({Code.STALE_BASE, Code.NOT_RESUMED})
PATIENCE: Final = 3
"""Refusals in a row, with nothing new in the log, after which the node waits before it tries again."""
RETRY: Final = 30.0


def accepted(work: Work, session: Session, channel_id: bytes, hash_of_body: bytes, frame: Accepted) -> None:
    """The relay took an own entry: its receipt is evidence, and a promise about its log."""
    channel = work.channel(channel_id)
    own = own_entries.find(work.tx.connection, channel_id, hash_of_body)
    if channel is None or own is None:
        return
    receipt = frame.receipt
    try:
        _verify(work, session, channel, receipt)
    except ReceiptInvalid as error:
        work.trouble(
            channel.id,
            Trouble.RECEIPT,
            message("{error}: keep in mind that nothing proves this entry's acceptance", error=text_of(error)),
        )
        return
    attachment = session.attached.get(channel_id)
    if attachment is not None:
        attachment.refusals = 0
    own.receipt = msgspec.msgpack.encode(receipt)
    known = channel.head_at(work.tx, receipt.seq) if receipt.seq <= channel.head.seq else None
    if (own.seq is not None and own.seq != receipt.seq) or (known is not None and known != receipt.head):
        own_entries.update(work.tx.connection, own)
        halt(
            work,
            channel,
            Trouble.FORK,
            message(
                "the relay's receipt names entry {seq}, its log says otherwise: keep the receipt, it proves that",
                seq=receipt.seq,
            ),
        )
        return
    if own.kind is EntryKind.REJOIN:
        own.seq = receipt.seq
    settle(work, own)
    if own.kind is EntryKind.MESSAGE and own.outbox_number is not None:
        row = outbox.get(work.tx.connection, own.outbox_number)
        work.hooks.accepted(work.tx, channel.id, row.message_id, receipt)
    if channel.state is ChannelState.FOUNDING and channel_id not in session.attached:
        session.resume(work.tx.output, channel_id, 0)


def refused(work: Work, session: Session, channel_id: bytes, hash_of_body: bytes, frame: Refused) -> None:
    """The relay did not take an own entry. Its bytes stay, for as long as the log has no later commit."""
    channel = work.channel(channel_id)
    own = own_entries.find(work.tx.connection, channel_id, hash_of_body)
    if channel is None or own is None or own.state is not EntryState.OUTGOING:
        return
    if channel.state not in (*FOLLOWED, ChannelState.FOUNDING, ChannelState.REJOINING):
        return
    session.sent.discard((channel_id, hash_of_body))
    if frame.code in (Code.CHANNEL_EXISTS, Code.NOT_A_MEMBER) and channel.state is ChannelState.FOUNDING:
        _founded_by_another(work, session, channel)
    elif frame.code is Code.NOT_A_MEMBER and own.kind is EntryKind.REJOIN:
        work.trouble(
            channel.id, Trouble.REJOIN, message("the relay does not count this node among the members any more")
        )
        close(work, channel)
    elif frame.code is Code.MISSING_BLOB:
        missing(work, channel, own, frame)
        _again(work, session, channel, at=None)
    elif frame.code in FOR_GOOD:
        _give_up(work, channel, own, frame)
        _again(work, session, channel, at=None)
    elif frame.code in READ_ON:
        if frame.code is Code.STALE_BASE and own.kind is EntryKind.COMMIT and channel.state in FOLLOWED:
            _make_anew(work, channel, own)
        if frame.code is Code.STALE_BASE and own.kind is EntryKind.REJOIN:
            rejoining.overtaken(work, channel, own)
        _again(work, session, channel, at=None)
    else:
        code = Trouble.DIRECTORY_BEHIND if frame.code is Code.DIRECTORY_BEHIND else Trouble.REFUSED
        work.trouble_once(
            channel.id, code, message("the relay takes nothing now: {explanation}", explanation=frame.explanation)
        )
        _again(work, session, channel, at=work.tx.now + RETRY)


def _again(work: Work, session: Session, channel: Channel, at: float | None) -> None:
    """Resume the channel, now or later: the relay refuses all that follows until then (DESIGN section 4)."""
    attachment = session.attached.setdefault(channel.id, Attachment(Reading.PAUSED))
    if attachment.reading is Reading.RESUMING or attachment.retry_at is not None:
        return  # a refusal before this one saw to it
    attachment.refusals = attachment.refusals + 1 if attachment.refused_at == channel.head.seq else 1
    attachment.refused_at = channel.head.seq
    if at is None and attachment.refusals > PATIENCE:
        at = work.tx.now + RETRY
        work.trouble_once(
            channel.id, Trouble.BASE, message("the relay refuses entries that its own log gives no reason to refuse")
        )
    if at is None:
        session.resume(work.tx.output, channel.id, channel.resume_after)
    else:
        attachment.reading, attachment.retry_at = Reading.PAUSED, at or work.tx.now + RETRY


def _make_anew(work: Work, channel: Channel, own: OwnEntry) -> None:
    """A commit that others overtook, also by a document, tells its joiners too little: what it was for stays wished."""
    own.state, own.body, own.invitation = EntryState.ABANDONED, None, None
    own_entries.update(work.tx.connection, own)
    channel.pending = None


def _give_up(work: Work, channel: Channel, own: OwnEntry, frame: Refused) -> None:
    connection = work.tx.connection
    own.state, own.body, own.invitation = EntryState.ABANDONED, None, None
    own_entries.update(connection, own)
    if own.kind is EntryKind.MESSAGE and own.outbox_number is not None:
        outbox.set_state(connection, [own.outbox_number], OutboxState.REFUSED)
    if own.kind is EntryKind.COMMIT:
        channel.pending = None
        if frame.code is Code.RESERVED_CHANNEL:
            wishes.delete_all(connection, channel.id)
    work.trouble(
        channel.id,
        Trouble.REFUSED,
        message("the relay refuses for good what this node sent: {explanation}", explanation=frame.explanation),
    )


def _founded_by_another(work: Work, session: Session, channel: Channel) -> None:
    """Two coordinators began at once: the other one's invitation is awaited."""
    abandon(work, channel)
    channel.group = None
    channel.enter(ChannelState.AWAITED)
    session.attached.pop(channel.id, None)
    wishes.delete_all(work.tx.connection, channel.id)
    memberships.ask(work, session)  # no invitation comes if this node founded it, or was in it, and lost its state
    work.hooks.founding_lost(work.tx, channel.id)


def rejected(work: Work, session: Session, rejection: Rejection) -> None:
    """The relay signed why it refused an own entry: that is evidence too."""
    refused = rejection.refused
    own = own_entries.find(work.tx.connection, refused.channel, refused.body_hash)
    if own is None or own.outbox_number is None or own.kind is not EntryKind.MESSAGE:
        return
    try:
        if rejection.relay != session.relay or refused.author != work.tx.authority:
            raise RejectionInvalid(message("the relay's rejection is about another relay or authority"))
        check_rejection(rejection, _verifier(work, session, RejectionInvalid))
    except (RejectionInvalid, UnknownRelay) as error:
        work.trouble(refused.channel, Trouble.RECEIPT, text_of(error))
        return
    message_id = outbox.get(work.tx.connection, own.outbox_number).message_id
    work.hooks.rejected(work.tx, refused.channel, message_id, rejection)


def _verify(work: Work, session: Session, channel: Channel, receipt: Receipt) -> None:
    if receipt.relay != session.relay or receipt.channel != channel.id:
        raise ReceiptInvalid(message("the relay's receipt is about another relay or channel"))
    try:
        verify = _verifier(work, session, ReceiptInvalid)
    except UnknownRelay as error:
        raise ReceiptInvalid(text_of(error)) from None
    check_receipt(receipt, verify)


def _verifier(work: Work, session: Session, invalid: type[ProtocolError]) -> Callable[[bytes, bytes], None]:
    """Checks signatures by the receipt key of the session's relay; what fails raises `invalid`. Raises UnknownRelay."""
    key = work.tx.directory.relay(session.relay).receipt

    def verify(signature: bytes, data: bytes) -> None:
        if session.proven == (key, signature, data):  # one signature stands for all that the relay took in one commit
            return
        try:
            nacl.bindings.crypto_sign_open(signature + data, key)
        except (nacl.exceptions.BadSignatureError, ValueError):
            raise invalid(message("a receipt is not signed by {relay}", relay=session.relay)) from None
        session.proven = (key, signature, data)

    return verify
