"""Rejoin: a member whose state is lost is let in again without a person (DESIGN section 4)."""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.open_rejoins import note_loss, verify_rejoin
from rogatory.node.channels.profile import encode_package, new_package
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import key_packages, members, outbox, own_entries, wishes
from rogatory.node.store.key_packages import PackageRow, PackageState, Purpose
from rogatory.node.store.members import RejoinRow
from rogatory.node.store.own_entries import EntryKind, OwnEntry
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.documents import SeedSigner, UnknownKeySet, compose, rejoin, sign_document
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import body_hash
from rogatory.protocol.judgement import RejoinNotice
from rogatory.protocol.mls.errors import MLSError

REJOIN_LIFETIME: Final = 365 * 24 * 3600
"""Seconds that a rejoin's key package is good for: the others may be away for long."""

PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 6 * 3600.0
"""Seconds between two rejoins of one channel: the first pause, doubled each time, and the longest."""


def rejoin_entry(work: Work, channel: Channel, entry: Entry, envelope: bytes) -> None:
    """Another member asks to be let in again."""
    connection = work.tx.connection
    if entry.author not in channel.members():
        work.trouble(channel.id, Trouble.UNREADABLE, f"{entry.author} asks at {entry.seq} to rejoin and is no member")
        return
    try:
        verified = verify_rejoin(work.tx, channel.id, entry.author, envelope)
        row = RejoinRow(entry.seq, entry.author, verified.reference, verified.key_package)
        note_loss(work.tx, channel.id, row, verified)
    except UnknownKeySet:
        # Its keys may stand in a newer directory; a commit that answers it pins that one.
        row = RejoinRow(entry.seq, entry.author, b"", unverified=envelope)
        work.tx.output.directory_wanted.add(channel.row.relay)
    except (ProtocolError, MLSError) as error:
        work.trouble(channel.id, Trouble.UNREADABLE, f"the rejoin at {entry.seq} by {entry.author} is void: {error}")
        return
    members.put_rejoin(connection, channel.id, row)
    wishes.add(
        connection,
        channel.id,
        WishKind.REJOIN,
        entry.author,
        after_outbox=outbox.last_number(connection),
        due_at=None,
    )
    work.hooks.rejoin_seen(work.tx, channel.id, entry.seq, RejoinNotice(entry.author, row.key_package_ref))


def ask_in(work: Work, channel: Channel) -> bool:
    """Make this node's own rejoin entry, unless one is on its way or waits for its answer; whether it was made."""
    tx, identity, row = work.tx, work.tx.identity, channel.row
    if key_packages.for_channel(tx.connection, channel.id):
        return False
    if tx.now < row.rejoin_after:  # else a relay that lies could keep all members busy letting each other in
        work.wake.append(row.rejoin_after)
        return False
    row.rejoins = 0 if tx.now > row.rejoin_after + LONGEST_PAUSE else row.rejoins + 1
    row.rejoin_after = tx.now + min(PAUSE * 2**row.rejoins, LONGEST_PAUSE)
    package = new_package(identity, tx.now, REJOIN_LIFETIME, tx.random)
    key_packages.add(
        tx.connection,
        PackageRow(
            ref=package.key_package.ref(),
            purpose=Purpose.REJOIN,
            state=PackageState.PUBLISHED,
            channel=channel.id,
            secrets=package.encode(),
            made_at=tx.now,
            expires_at=tx.now + REJOIN_LIFETIME,
        ),
    )
    head = channel.head
    payload = compose(
        rejoin(encode_package(package.key_package), head.seq, head.hash),
        author=identity.authority,
        key_set=identity.key_set_version,
        addressees=(),
        channel=channel.id,
        message_id=tx.random(16),
        written_at=int(tx.now),
    )
    signer = SeedSigner(
        identity.authority, identity.key_set_version, identity.doc_ed25519_seed, identity.doc_mldsa65_seed
    )
    body = sign_document(payload, signer)
    own_entries.add(tx.connection, [OwnEntry(channel.id, body_hash(body), EntryKind.REJOIN, 0, body)])
    return True
