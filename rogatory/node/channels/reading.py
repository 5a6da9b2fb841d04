"""Reading a log: what the relay delivers is chained, compared, and taken entry by entry (DESIGN section 1)."""

from __future__ import annotations

from typing import Final

from rogatory.keys.errors import UnknownVersion
from rogatory.node.channels import commits, messages
from rogatory.node.channels.ahead import Looked, look_ahead
from rogatory.node.channels.awaiting import DirectoryAwaited
from rogatory.node.channels.halting import halt, lose
from rogatory.node.channels.readback import read_back, take_note
from rogatory.node.channels.rejoining import rejoin_entry
from rogatory.node.channels.session import Attachment, Reading, Session
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import log, members, own_entries
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import Entries, Entry
from rogatory.protocol.header import ChainBroken, ForkDetected, Form, Head, Header, body_hash, extend, next_header
from rogatory.protocol.limits import ENTRY_COST
from rogatory.protocol.text import message, text_of

PATIENCE: Final = 3
"""Times that missing entries are asked for, with nothing new in the log, before the relay counts as lying."""


def entries(work: Work, session: Session, frame: Entries) -> None:
    """Take a frame of entries."""
    session.credit += sum(ENTRY_COST + len(entry.body or b"") for entry in frame.entries)
    attachment = session.attached.get(frame.channel)
    channel = work.channel(frame.channel)
    if channel is None or attachment is None or attachment.reading not in (Reading.READING, Reading.LIVE):
        return
    if channel.state not in (ChannelState.OPEN, ChannelState.FOUNDING, ChannelState.CLOSING):
        return
    try:
        received = beyond(work, channel, frame)
        if received and received[0].seq > channel.head.seq + 1:
            _read_again(work, session, attachment, channel, received[0].seq)
            return
        headers = chain(channel.id, channel.head, received, frame.head) if received else []
        own = own_entries.among(work.tx.connection, channel.id, [header.body_hash for header in headers])
        ahead = {} if work.helpers is None else look_ahead(work, channel, received, work.helpers)
        for entry, header in zip(received, headers, strict=True):
            _take(work, channel, entry, header, ahead.get(entry.seq), own=header.body_hash in own)
            if session.attached.get(frame.channel) is not attachment:
                return
    except (ChainBroken, MalformedError) as error:
        halt(work, channel, Trouble.LOG_BROKEN, text_of(error))
    except ForkDetected as error:
        halt(work, channel, Trouble.FORK, text_of(error))
    except (DirectoryAwaited, UnknownVersion):
        await_directory(work, attachment, channel)


def beyond(work: Work, channel: Channel, frame: Entries) -> list[Entry]:
    """The entries after those that were read already, which are only compared: nothing is read twice.

    Raises ForkDetected if one of these is shown otherwise than it was read (PROTOCOL.md section 5).
    """
    for entry in frame.entries:
        held = channel.header_at(work.tx, entry.seq) if entry.seq <= channel.head.seq else None
        if held is not None and held != (entry.author, entry.form, _hash_of_body(entry)):
            raise ForkDetected(
                message("the relay shows entry {seq} again, and otherwise than it was read here", seq=entry.seq)
            )
    last = frame.entries[-1].seq if frame.entries else channel.head.seq
    read = channel.head_at(work.tx, last) if last <= channel.head.seq else None
    if read is not None and read != frame.head:
        raise ForkDetected(
            message(
                "the relay tells another head of entry {seq} than its entries lead to: compare heads by telephone",
                seq=last,
            )
        )
    return [entry for entry in frame.entries if entry.seq > channel.head.seq]


def _hash_of_body(entry: Entry) -> bytes:
    hash_of_body = entry.body_hash if entry.body is None else body_hash(entry.body)
    if hash_of_body is None:
        raise MalformedError(message("the relay delivers entry {seq} with neither body nor hash", seq=entry.seq))
    return hash_of_body


def _read_again(work: Work, session: Session, attachment: Attachment, channel: Channel, seq: int) -> None:
    """Entries are missing: ask for them from where the log was read to. Whoever never shows them is not believed."""
    attachment.gaps = attachment.gaps + 1 if attachment.gap_at == channel.head.seq else 1
    attachment.gap_at = channel.head.seq
    if attachment.gaps > PATIENCE:
        raise ChainBroken(
            message(
                "entry {seq} came where {due} is due: the relay dropped or reordered entries",
                seq=seq,
                due=channel.head.seq + 1,
            )
        )
    session.resume(work.tx.output, channel.id, channel.resume_after)


def chain(channel: bytes, head: Head, received: list[Entry], told: bytes) -> list[Header]:
    """The headers of consecutive entries after `head`; raises ChainBroken unless they lead to the head told."""
    headers: list[Header] = []
    for entry in received:
        header = next_header(channel, head, entry.author, entry.form, _hash_of_body(entry))
        if entry.seq != header.seq:
            raise ChainBroken(
                message(
                    "entry {seq} came where {due} is due: the relay dropped, repeated or reordered entries",
                    seq=entry.seq,
                    due=header.seq,
                )
            )
        head = extend(head, (header,))
        headers.append(header)
    if head.hash != told:
        raise ChainBroken(
            message("entry {seq} does not lead to the head that the relay tells: it altered the log", seq=head.seq)
        )
    return headers


def await_directory(work: Work, attachment: Attachment, channel: Channel) -> None:
    """An entry uses a directory that is not here yet: fetch it, then go on from that entry."""
    attachment.reading = Reading.AWAITING
    if attachment.awaiting_since is None:
        attachment.awaiting_since = work.tx.now
    work.tx.output.directory_wanted.add(channel.row.relay)


def _take(work: Work, channel: Channel, entry: Entry, header: Header, looked: Looked | None, *, own: bool) -> None:
    """One entry in its turn. Its header joins the log once it is processed, whatever it was worth.

    `own`: whether this node sent its body.
    """
    if channel.state is ChannelState.CLOSING and channel.group is None:
        channel.advance(header)  # void, whatever it says
        if own:
            take_note(work, channel, entry, header)
    elif own and entry.author != work.tx.authority:
        halt(
            work,
            channel,
            Trouble.AUTHOR,
            message(
                "the relay shows entry {seq}, which this node sent, as {author}'s: its log is falsified",
                seq=entry.seq,
                author=entry.author,
            ),
        )
    elif entry.author == work.tx.authority:
        sent = own_entries.find(work.tx.connection, channel.id, header.body_hash)
        if sent is None:
            # DESIGN section 4: an own entry that it does not know means a rolled-back disk.
            lose(
                work,
                channel,
                Trouble.ROLLED_BACK_STATE,
                message(
                    "entry {seq} is this authority's and is not known here: the database is older than what was sent"
                    " (a restored copy, or two nodes with one identity); the node asks to be let in again",
                    seq=entry.seq,
                ),
            )
            return
        channel.advance(header)
        read_back(work, channel, sent, entry, header)
    elif entry.body is None:
        lose(
            work,
            channel,
            Trouble.REJOIN,
            message(
                "the relay has entry {seq} no longer: this node was away for longer than entries are kept",
                seq=entry.seq,
            ),
        )
    elif entry.form is Form.REJOIN:
        rejoin_entry(work, channel, entry, entry.body)
        channel.advance(header)
    else:
        _take_mls(work, channel, entry, entry.body, header, looked)


def _take_mls(work: Work, channel: Channel, entry: Entry, body: bytes, header: Header, looked: Looked | None) -> None:
    clear = commits.peek_entry(channel, entry, body)
    if clear is None:
        work.trouble(
            channel.id,
            Trouble.UNREADABLE,
            message("entry {seq} by {author} is no message of the group", seq=entry.seq, author=entry.author),
        )
        messages.except_entry(work, channel, entry.seq)
        channel.advance(header)
        return
    if _left_behind(channel, entry.author, clear.epoch):
        lose(
            work,
            channel,
            Trouble.REJOIN,
            message(
                "the others followed the commit at {suspect_seq}, which this node could not open; it asks to be let"
                " in again",
                suspect_seq=channel.row.suspect_seq,
            ),
        )
        return
    if _let_in_alone(work, channel, entry.author, clear.epoch):
        lose(
            work,
            channel,
            Trouble.REJOIN,
            message(
                "{author} did not follow the commit at {last_commit}, which let this node in: for the others it is"
                " void; this node asks to be let in again",
                author=entry.author,
                last_commit=channel.row.last_commit,
            ),
        )
        return
    if clear.is_commit:
        commits.commit_entry(work, channel, entry, body, clear, header)
    else:
        messages.message_entry(work, channel, entry, body, clear, header, looked)


def _let_in_alone(work: Work, channel: Channel, author: str, epoch: int) -> bool:
    """Whether another than its committer goes on without the commit that let this node in, which nothing followed yet.

    What is appended after it was written by who had read it (PROTOCOL.md, The log, rule 3).
    """
    row = channel.row
    if epoch + 1 != channel.in_group().epoch or row.last_commit == 1:
        return False
    own = members.get(work.tx.connection, channel.id, work.tx.authority)
    if own is None or own.since_seq != row.last_commit:
        return False
    letting_in = log.headers_between(work.tx.connection, channel.id, row.last_commit, row.last_commit)
    return bool(letting_in) and author != letting_in[0].author


def _left_behind(channel: Channel, author: str, epoch: int) -> bool:
    """Whether others are an epoch ahead by a commit that failed here alone.

    Its author alone cannot make this node believe so, unless nobody else is there to tell.
    """
    group = channel.in_group()
    if channel.row.suspect_seq is None or epoch != group.epoch + 1:
        return False
    return author != channel.row.suspect_author or len(group.members()) == 2
