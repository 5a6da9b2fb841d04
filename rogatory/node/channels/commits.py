"""Commits in the log: judged alike by every member, then applied or void (DESIGN section 1)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from rogatory.node.channels.acknowledging import acknowledge_removal
from rogatory.node.channels.awaiting import DirectoryAwaited, vouch
from rogatory.node.channels.halting import abandon, close, lose
from rogatory.node.channels.profile import facts_of, members_of
from rogatory.node.channels.seen import SeenDiffers, check_seen
from rogatory.node.channels.sharing import share_again
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import log, members, outbox, rejoins, wishes
from rogatory.node.store.wishes import Wish, WishKind
from rogatory.protocol.declaration import Declaration, DirectoryPin, access_digest, decode_declaration
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import Entry
from rogatory.protocol.header import Header
from rogatory.protocol.judgement import (
    ChannelPolicy,
    CommitFacts,
    MatterPolicy,
    VoidCode,
    VoidCommit,
    judge_commit,
    suspended_by,
)
from rogatory.protocol.mls.errors import CannotFollow, ConfirmationTagInvalid, MLSError
from rogatory.protocol.mls.framed_content import ContentType, WireFormat
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.message import peek
from rogatory.protocol.mls.opening import CommitOpened
from rogatory.protocol.text import message, text_of

PERHAPS_ALONE = (CannotFollow, ConfirmationTagInvalid)
"""A commit may fail so for one member and be sound for the others: the epoch that they go on in shows which."""


@dataclass(frozen=True, slots=True)
class Clear:
    """What of an MLS entry can be read without keys."""

    epoch: int
    is_commit: bool
    authenticated_data: bytes


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What a commit that stands does to a channel; kept with this node's own until the log shows it."""

    committer: str
    added: list[str]
    removed: list[str]
    access: list[str]
    pin: DirectoryPin
    amendment: bytes | None = None
    declared: bool = False
    """Whether the commit declares the access list, so that the relay takes it over."""
    suspended: list[str] = []
    """Removed for their keys alone: parties of a matter still."""
    back: list[str] = []
    """Added, and suspended before."""


def peek_entry(channel: Channel, entry: Entry, body: bytes) -> Clear | None:
    """The clear part of an entry, or None where it is no PrivateMessage of this group (RFC 9420 section 6.3)."""
    try:
        clear = peek(body)
    except MLSError:
        return None
    if clear.group_id != channel.id or clear.wire_format is not WireFormat.PRIVATE_MESSAGE:
        return None
    if clear.content_type not in (ContentType.APPLICATION, ContentType.COMMIT):
        return None
    return Clear(clear.epoch, clear.content_type is ContentType.COMMIT, clear.authenticated_data)


def commit_entry(work: Work, channel: Channel, entry: Entry, body: bytes, clear: Clear, header: Header) -> None:
    """Another member's commit. Raises ForkDetected, DirectoryAwaited or `keys.UnknownVersion`; nothing changed then.

    Its clear text counts for nothing before MLS has shown that a member said so.
    """
    progress = group = channel.in_group()
    declaration: Declaration | None = None
    try:
        declaration = decode_declaration(clear.authenticated_data)
        staged = _open(group, body)
        progress = staged.group_before
        facts = facts_of(staged.staged, group, entry.seq, entry.author, declaration)
        _check_pin(work, channel, declaration)
        if facts.committer == entry.author:
            check_seen(work, channel, declaration.seen, entry.seq, entry.author)
        judge(work, channel, facts)
    except MLSError as error:
        if isinstance(error, PERHAPS_ALONE) and clear.epoch == group.epoch:
            channel.row.suspect_seq, channel.row.suspect_author = entry.seq, entry.author
        _void(work, channel, entry, VoidCommit(VoidCode.MALFORMED, text_of(error)), declaration, progress, header)
        return
    except MalformedError as error:
        _void(work, channel, entry, VoidCommit(VoidCode.MALFORMED, text_of(error)), declaration, progress, header)
        return
    except SeenDiffers as error:
        _void(work, channel, entry, VoidCommit(VoidCode.SEEN_DIFFERS, text_of(error)), declaration, progress, header)
        return
    except VoidCommit as void:
        _void(work, channel, entry, void, declaration, progress, header)
        return
    suspended, back = absences_by(work.policy(channel, facts), facts)
    channel.advance(header)
    change = Change(
        committer=entry.author,
        added=[leaf.authority for leaf in facts.added],
        removed=[leaf.authority for leaf in facts.removed],
        access=sorted(facts.members_after),
        pin=declaration.directory,
        amendment=declaration.amendment,
        declared=declaration.access is not None,
        suspended=suspended,
        back=back,
    )
    apply(work, channel, entry, change, staged.staged.group)


def judge(work: Work, channel: Channel, facts: CommitFacts) -> None:
    """Raise VoidCommit if the rules forbid the commit, DirectoryAwaited where they cannot be looked up yet."""
    _check_pin(work, channel, facts.declaration)
    directory = work.tx.directory
    judge_commit(facts, work.policy(channel, facts), lambda authority, key, at: vouch(directory, authority, key, at))


def absences_by(policy: ChannelPolicy, facts: CommitFacts) -> tuple[list[str], list[str]]:
    """Whom a good commit suspends, and who is back from that; `policy`: before it."""
    if not isinstance(policy, MatterPolicy):
        return [], []
    back = policy.suspended & {leaf.authority for leaf in facts.added}
    return sorted(suspended_by(policy, facts)), sorted(back)


def apply(work: Work, channel: Channel, entry: Entry, change: Change, group: Group | None) -> None:
    """The commit stands: enter its epoch. `group` is None where it removes this node."""
    connection, row = work.tx.connection, channel.row
    abandon(work, channel)
    channel.group = group
    row.last_commit = entry.seq
    row.pin_targets, row.pin_network = change.pin.targets, change.pin.network
    row.suspect_seq = row.suspect_author = None
    if change.declared:
        row.relay_access = access_digest(change.access)
    gone = [authority for authority in change.removed if authority not in change.added]
    rejoined = [authority for authority in change.removed if authority in change.added]
    if entry.seq == 1:
        members.added(connection, channel.id, change.access, entry.seq)
    members.removed(connection, channel.id, gone, entry.seq)
    members.added(connection, channel.id, change.added, entry.seq)
    rejoins.settle_rejoins(connection, channel.id, change.added + gone)
    work.hooks.commit_applied(
        work.tx,
        channel.id,
        entry.seq,
        entry.time,
        change.committer,
        change.added,
        change.removed,
        change.amendment,
        change.suspended,
    )
    if work.tx.authority in gone:
        acknowledge_removal(work, channel)
        close(work, channel)
    elif group is None:
        row.let_in_at = entry.seq
        lose(
            work,
            channel,
            Trouble.REJOIN,
            message("the commit at {seq} let this node in anew: it awaits its invitation", seq=entry.seq),
        )
    else:
        for authority in rejoined + change.back:
            share_again(work, channel, authority)


def is_satisfied(wish: Wish, channel: Channel, present: set[str], rejoining: set[str], vouched: set[str]) -> bool:
    """Whether a wish's effect stands. `vouched`: members whose leaf's key is in force."""
    match wish.kind:
        case WishKind.ADD:
            return wish.authority in present
        case WishKind.REMOVE:
            return wish.authority not in present
        case WishKind.SUSPEND:
            return wish.authority not in present - vouched
        case WishKind.REJOIN:
            return wish.authority not in rejoining or wish.authority not in present
        case WishKind.REPAIR:
            return channel.row.relay_access == access_digest(present)
        case WishKind.REFRESH:
            return False
        case WishKind.RETURN:
            return channel.state is not ChannelState.HALTED


def _check_pin(work: Work, channel: Channel, declaration: Declaration) -> None:
    pin, known = declaration.directory, work.pin(channel)
    if pin.targets > known.targets or pin.network > known.network:
        raise DirectoryAwaited


def _open(group: Group, body: bytes) -> CommitOpened[Group]:
    # No local clock decides: lifetimes of key packages are for their committer to heed (DESIGN section 1).
    opened = group.open(body, now=None)
    if not isinstance(opened, CommitOpened):
        raise VoidCommit(VoidCode.MALFORMED, message("an entry marked as a commit holds something else"))
    return opened


def _void(
    work: Work,
    channel: Channel,
    entry: Entry,
    void: VoidCommit,
    declaration: Declaration | None,
    progress: Group,
    header: Header,
) -> None:
    """Recorded, reported, skipped; the epoch stays, the key that it used is gone, and the log goes on after it."""
    abandon(work, channel)
    channel.advance(header)
    channel.group = progress
    channel.row.last_commit = entry.seq
    # Else the relay would take the access list that it declares (PROTOCOL.md, The log, rule 3).
    log.except_entries(work.tx.connection, channel.id, [entry.seq])
    if declaration is not None and declaration.access is not None:
        channel.row.relay_access = access_digest(declaration.access)
        if channel.row.relay_access != access_digest(members_of(progress)) and channel.state is ChannelState.OPEN:
            wishes.add(
                work.tx.connection,
                channel.id,
                WishKind.REPAIR,
                "",
                after_outbox=outbox.last_number(work.tx.connection),
                due_at=None,
            )
    work.hooks.commit_void(work.tx, channel.id, entry.seq, entry.author, void)
