"""Acknowledgements: this node's own after each batch, and those of others, verified and compared (DESIGN section 1)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import nacl.bindings
import nacl.exceptions

from rogatory.keys.errors import NotVouched, UnknownAuthority
from rogatory.node.channels.halting import halt
from rogatory.node.channels.session import Reading, Session
from rogatory.node.channels.states import FOLLOWED
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import log, members, outbox
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.client import Acknowledge
from rogatory.protocol.frames.server import Acknowledgements
from rogatory.protocol.limits import MAX_EXCEPTED
from rogatory.protocol.text import message, text_of


def acknowledge(work: Work, session: Session, channel: Channel) -> None:
    """Sign for all that was read; sent once this session's reading has reached the head that was told."""
    attachment = session.attached.get(channel.id)
    if attachment is None or channel.group is None or channel.state not in FOLLOWED or not channel.head.seq:
        return
    if attachment.reading is not Reading.LIVE or attachment.acknowledged >= channel.head.seq:
        return
    own = sign_acknowledgement(work, channel)
    attachment.acknowledged = own.seq
    session.send(work.tx.output, Acknowledge(own))


def acknowledge_removal(work: Work, channel: Channel) -> None:
    """The last that a member says: by this the relay knows that the commit which removed it stands."""
    session = work.session(channel.row.relay)
    if session is not None and channel.id in session.attached:
        session.send(work.tx.output, Acknowledge(sign_acknowledgement(work, channel)))


def sign_acknowledgement(work: Work, channel: Channel) -> Acknowledgement:
    """This node's acknowledgement of all that it has read."""
    tx, head = work.tx, channel.head
    own = stored_acknowledgement(work, channel)
    if own is not None and own.seq == head.seq:
        return own
    excepted = log.excepted(tx.connection, channel.id, MAX_EXCEPTED)
    return _signed(tx, Acknowledgement(channel.id, tx.authority, 0, head.seq, head.hash, excepted))


def stored_acknowledgement(work: Work, channel: Channel) -> Acknowledgement | None:
    """This node's newest one, by the key set that is in force: one by another counts nowhere, and is signed anew."""
    newest = members.acknowledgement(work.tx.connection, channel.id, work.tx.authority)
    if newest is None:
        return None
    own = msgspec.msgpack.decode(newest[1], type=Acknowledgement)
    return own if own.key_set == work.tx.identity.key_set_version else _signed(work.tx, own)


def _signed(tx: Tx, content: Acknowledgement) -> Acknowledgement:
    unsigned = msgspec.structs.replace(content, key_set=tx.identity.key_set_version, signature=b"")
    own = msgspec.structs.replace(unsigned, signature=tx.identity.sign_online(unsigned.signing_input()))
    encoded = msgspec.msgpack.encode(own)
    members.put_acknowledgement(tx.connection, own.channel, tx.authority, own.seq, own.head, encoded, True)
    return own


def acknowledgements(work: Work, frame: Acknowledgements) -> None:
    """Other members' acknowledgements; the newest of each counts."""
    channel = work.channel(frame.channel)
    if channel is None or channel.state not in FOLLOWED:
        return
    for each in frame.acknowledgements:
        try:
            _keep(work, channel, each)
        except NotVouched:  # of new keys that a newer directory holds, or of none: it proves nothing here yet
            work.tx.output.directory_wanted.add(channel.row.relay)
        except (MalformedError, UnknownAuthority) as error:
            work.trouble(
                channel.id,
                Trouble.ACKNOWLEDGEMENT,
                message("an acknowledgement by {member}: {error}", member=each.member, error=text_of(error)),
            )
    compare(work, channel)


def compare(work: Work, channel: Channel) -> None:
    """Compare heads as far as the log was read; what agrees counts as delivery, what differs is a fork."""
    connection = work.tx.connection
    agreed = False
    for member, seq, head, encoded in members.to_compare(connection, channel.id, channel.head.seq):
        known = channel.head_at(work.tx, seq)
        if known is not None and known != head:
            halt(
                work,
                channel,
                Trouble.FORK,
                message(
                    "{member} acknowledges another log up to entry {seq} than this node holds: the relay shows"
                    " different logs to different members; compare heads by telephone",
                    member=member,
                    seq=seq,
                ),
            )
            return
        members.put_acknowledgement(connection, channel.id, member, seq, head, encoded, True)
        work.hooks.acknowledged(work.tx, channel.id, msgspec.msgpack.decode(encoded, type=Acknowledgement))
        agreed = True
    if agreed:
        _release(work, channel)


def _keep(work: Work, channel: Channel, each: Acknowledgement) -> None:
    tx = work.tx
    if each.channel != channel.id or each.member == tx.authority:
        return
    newest = members.acknowledgement(tx.connection, channel.id, each.member)
    # What goes beyond the log read so far is not compared yet: it must not keep others out.
    if newest is not None and channel.head.seq >= newest[0] >= each.seq:
        return
    if members.get(tx.connection, channel.id, each.member) is None:
        raise MalformedError(message("it is no member"))
    key = _online_key(tx, each)
    if key is None:
        return
    try:
        nacl.bindings.crypto_sign_open(each.signature + each.signing_input(), key)
    except (nacl.exceptions.BadSignatureError, ValueError):
        raise MalformedError(message("its signature does not verify")) from None
    members.put_acknowledgement(
        tx.connection, channel.id, each.member, each.seq, each.head, msgspec.msgpack.encode(each), False
    )


def _online_key(tx: Tx, each: Acknowledgement) -> bytes | None:
    """The key that its signature is by; None if that is out of force. Raises MalformedError for a compromised one."""
    directory = tx.directory
    if directory.key_set(each.member, each.key_set).compromised_since is not None:
        raise MalformedError(message("key set {key_set} is compromised", key_set=each.key_set))
    in_force = directory.key_sets_in_force(each.member, directory.targets_version)
    return next((key_set.online for key_set in in_force if key_set.version == each.key_set), None)


def _release(work: Work, channel: Channel) -> None:
    """Envelopes that every other member has need not be kept for sharing again."""
    up_to = members.acknowledged_up_to(work.tx.connection, channel.id)
    others: Iterable[int] = [seq for authority, seq in up_to.items() if authority != work.tx.authority]
    lowest = min(others, default=0)
    if lowest:
        outbox.release(work.tx.connection, channel.id, lowest)
