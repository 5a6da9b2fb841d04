"""Rejoin: a member whose state is lost is let in again without a person (DESIGN section 4)."""

from __future__ import annotations

from typing import Final

from rogatory.node.channels.open_rejoins import read_rejoin, verify_rejoin
from rogatory.node.channels.profile import encode_package, new_package
from rogatory.node.channels.session import Attachment, LastCommitAsked, Reading, Session
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import key_packages, outbox, own_entries, rejoins, wishes
from rogatory.node.store.key_packages import PackageRow, PackageState, Purpose
from rogatory.node.store.own_entries import EntryKind, EntryState, OwnEntry
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.documents import Rejoin, SeedSigner, compose, rejoin, sign_document
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.frames.client import FetchHeaders
from rogatory.protocol.frames.server import Entry, Headers, Resumed
from rogatory.protocol.header import body_hash
from rogatory.protocol.judgement import RejoinNotice
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.text import message, text_of

REJOIN_LIFETIME: Final = 365 * 24 * 3600
"""Seconds that a rejoin's key package is good for: the others may be away for long."""

PAUSE: Final = 30.0
LONGEST_PAUSE: Final = 6 * 3600.0
"""Seconds between two rejoins of one channel: the first pause, doubled each time, and the longest."""


def rejoin_entry(work: Work, channel: Channel, entry: Entry, envelope: bytes) -> None:
    """Another member asks to be let in again."""
    connection = work.tx.connection
    if entry.author not in channel.members():
        work.trouble(
            channel.id,
            Trouble.UNREADABLE,
            message("{author} asks at {seq} to rejoin and is no member", author=entry.author, seq=entry.seq),
        )
        return
    try:
        row, body = read_rejoin(channel.id, entry.seq, envelope)
        if row.authority != entry.author:
            raise MalformedError(message("it is {authority}'s", authority=row.authority))
        _check_place(work, channel, body)
    except (ProtocolError, MLSError) as error:
        work.trouble(
            channel.id,
            Trouble.UNREADABLE,
            message(
                "the rejoin at {seq} by {author} is void: {error}",
                seq=entry.seq,
                author=entry.author,
                error=text_of(error),
            ),
        )
        return
    # Kept whatever its signatures are worth: those whose directory lacks the keys cannot know, and all keep the same.
    row = verify_rejoin(work.tx, channel.id, row)
    rejoins.put_rejoin(connection, channel.id, row)
    if row.verified is False:
        work.trouble(
            channel.id,
            Trouble.UNREADABLE,
            message("the rejoin at {seq} is not signed by {author}", seq=entry.seq, author=entry.author),
        )
        return
    if row.verified is None:  # its keys may stand in a newer directory; a commit that answers it pins that one
        work.tx.output.directory_wanted.add(channel.row.relay)
    wishes.add(
        connection,
        channel.id,
        WishKind.REJOIN,
        entry.author,
        after_outbox=outbox.last_number(connection),
        due_at=None,
    )
    work.hooks.rejoin_seen(work.tx, channel.id, entry.seq, RejoinNotice(entry.author, row.key_package_ref))


def _check_place(work: Work, channel: Channel, body: Rejoin) -> None:
    """Else whoever kept an old rejoin and its keys could have them let in again (PROTOCOL.md, Rejoining)."""
    named = (body.last_commit.seq, bytes.fromhex(body.last_commit.body))
    if named != (channel.row.last_commit, channel.body_hash_at(work.tx, channel.row.last_commit)):
        raise MalformedError(
            message(
                "it was written when entry {named} was the last commit, which is entry {last_commit} here: the relay"
                " kept it back, or shows it again",
                named=named[0],
                last_commit=channel.row.last_commit,
            )
        )


def ask_in(work: Work, session: Session, channel: Channel) -> None:
    """Make this node's own rejoin entry, unless one is on its way or waits for its answer.

    It names the log's last commit, so the relay is asked for that first.
    """
    tx, row = work.tx, channel.row
    if key_packages.for_channel(tx.connection, channel.id):
        return
    if tx.now < row.rejoin_after:  # else a relay that lies could keep all members busy letting each other in
        work.wake.append(row.rejoin_after)
        return
    attachment = session.attached.get(channel.id)
    if attachment is None:
        session.resume(tx.output, channel.id, channel.resume_after)
    elif attachment.last_commit is not None:
        session.attached.pop(channel.id)
        _compose(work, channel, attachment.last_commit)
        session.unsent.add(channel.id)


def resumed(work: Work, session: Session, channel: Channel, attachment: Attachment, frame: Resumed) -> None:
    """The relay tells where the log's last commit stands: ask for its header."""
    if key_packages.for_channel(work.tx.connection, channel.id) or not frame.last_commit:
        session.attached.pop(channel.id, None)  # it was resumed only so that the relay takes the entry again
        session.unsent.add(channel.id)
        return
    attachment.reading, attachment.target = Reading.READING, frame
    ref = session.ask(LastCommitAsked(channel.id, frame.last_commit))
    session.send(work.tx.output, FetchHeaders(ref, channel.id, frame.last_commit - 1, frame.last_commit))


def last_commit_told(work: Work, session: Session, asked: LastCommitAsked, frame: Headers) -> None:
    """The header of the log's last commit. What the relay makes up leads to a rejoin that is void."""
    attachment = session.attached.get(asked.channel)
    if attachment is None or attachment.target is None or attachment.target.last_commit != asked.seq:
        return
    if frame.after == asked.seq - 1 and frame.headers:
        attachment.last_commit = (asked.seq, frame.headers[0].body_hash)
        session.unsent.add(asked.channel)
    else:
        ask_later(work, session, asked)


def ask_later(work: Work, session: Session, asked: LastCommitAsked) -> None:
    """The relay does not tell it now."""
    attachment = session.attached.get(asked.channel)
    if attachment is not None:
        attachment.reading, attachment.retry_at = Reading.PAUSED, work.tx.now + PAUSE


def overtaken(work: Work, channel: Channel, own: OwnEntry) -> None:
    """A commit stands in the log before this node's rejoin: it is void, and is made anew."""
    own.state, own.body = EntryState.ABANDONED, None
    own_entries.update(work.tx.connection, own)
    key_packages.delete_for_channel(work.tx.connection, channel.id)
    channel.row.rejoins = max(channel.row.rejoins - 1, 0)
    channel.row.rejoin_after = work.tx.now


def _compose(work: Work, channel: Channel, last_commit: tuple[int, bytes]) -> None:
    tx, identity, row = work.tx, work.tx.identity, channel.row
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
        rejoin(encode_package(package.key_package), head.seq, head.hash, last_commit),
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
    own_entries.add(tx.connection, [OwnEntry(channel.id, body_hash(body), EntryKind.REJOIN, last_commit[0], body)])
