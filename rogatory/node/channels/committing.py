"""This node's own commits: wishes become one commit, stored as pending until the log shows it (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec

from rogatory.keys.errors import DirectoryExpired, UnknownVersion
from rogatory.node.channels.awaiting import DirectoryAwaited, vouched_members
from rogatory.node.channels.commits import Change, absences_by, is_satisfied, judge
from rogatory.node.channels.hooks import Kind
from rogatory.node.channels.open_rejoins import open_rejoins
from rogatory.node.channels.profile import (
    added_by,
    decode_package,
    invitation_of,
    join_extension,
    leaf_of,
    members_of,
    new_group,
    own_facts,
    signature_keys,
    told_extension,
)
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.stock import claim, is_asked_for, used
from rogatory.node.channels.trouble import RUN_OUT, Trouble
from rogatory.node.channels.turns import turn
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import outbox, own_entries, rejoins, wishes
from rogatory.node.store.own_entries import EntryKind, OwnEntry
from rogatory.node.store.rejoins import RejoinRow
from rogatory.node.store.wishes import Wish, WishKind
from rogatory.protocol.declaration import Declaration, Seen, encode_declaration
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.extensions import (
    TREE_KEY,
    ChannelGroup,
    Departed,
    JoinInfo,
    MatterGroup,
    NetworkGroup,
    OpenRejoin,
)
from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.header import body_hash
from rogatory.protocol.judgement import (
    ChannelPolicy,
    CommitFacts,
    MatterPolicy,
    NotVouched,
    Removed,
    VoidCommit,
    after_commit,
    told_digest,
)
from rogatory.protocol.mls.committing import CommitOutcome
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.key_package import KeyPackage
from rogatory.protocol.mls.proposal import Add, Proposal, Remove
from rogatory.protocol.mls.secret_tree import RatchetKind
from rogatory.protocol.padding import padme
from rogatory.protocol.text import in_words, message, text_of

GRACE: Final = 10.0
"""Seconds that a member whose keys were marked as compromised has to renew its leaf, if it has new ones."""
RETRY: Final = 60.0
"""Seconds until a change is tried again whose key package was unfit."""

LETS_IN: Final = (WishKind.ADD, WishKind.REJOIN)


@dataclass(slots=True)
class Plan:
    """What one commit is to do."""

    wishes: list[Wish] = field(default_factory=list)
    adds: list[KeyPackage] = field(default_factory=list)
    removes: list[Removed] = field(default_factory=list)
    rejoins: list[int] = field(default_factory=list)
    amendment: bytes | None = None
    declares: bool = False
    """Whether the access list is declared: the members change, or the relay was told another."""


def make_commit(work: Work, channel: Channel) -> bool:
    """Make a commit of what is wished and due, if anything is: stored with its bytes, not yet in effect."""
    if channel.state is ChannelState.FOUNDING and channel.group is None:
        channel.group = new_group(work.tx.identity, channel.id, _purpose(channel), work.tx.now, work.tx.random)
    wished = _due(work, channel)
    if not wished and channel.state is not ChannelState.FOUNDING:
        return False
    while True:
        plan = _plan(work, channel, wished)
        if plan is None:
            return False
        try:
            _commit(work, channel, plan)
        except (DirectoryAwaited, UnknownVersion):
            work.tx.output.directory_wanted.add(channel.row.relay)
            return False
        except (VoidCommit, MLSError, MalformedError) as error:
            if len(plan.wishes) > 1:
                wished = plan.wishes[:1]  # one of them spoils it: make them one by one
                continue
            _refuse(work, channel, plan, error)
            return False
        return True


def _due(work: Work, channel: Channel) -> list[Wish]:
    """Wishes whose time has come; those whose effect stands are dropped."""
    connection, now = work.tx.connection, work.tx.now
    rejoining = {row.authority for row in rejoins.waiting_rejoins(connection, channel.id)}
    present = set(channel.members())
    vouched: set[str] | None = None
    due: list[Wish] = []
    done: list[int] = []
    waits_for_outbox = {row.number for row in outbox.queued(connection, channel.id, 1)}
    for wish in wishes.of_channel(connection, channel.id):
        if wish.kind is WishKind.SUSPEND and vouched is None:
            vouched = vouched_members(work.tx.directory, channel.in_group())
        if is_satisfied(wish, channel, present, rejoining, vouched or set()):
            done.append(wish.number)
            continue
        due_at = wish.due_at
        if due_at is None:
            delay = turn(work, channel, rejoining | {wish.authority})
            if delay is None:
                done.append(wish.number)
                continue
            due_at = now + delay
            if wish.kind is WishKind.SUSPEND and _has_keys(work, wish.authority):
                due_at += GRACE
            wishes.set_due(connection, wish.number, due_at)
        if wish.kind in LETS_IN and not work.hooks.may_let_in(work.tx, wish.authority):
            work.trouble_once(channel.id, Trouble.UNCONFIRMED, _unconfirmed(wish.authority))
            continue
        earlier_documents = any(number <= wish.after_outbox for number in waits_for_outbox)
        if due_at <= now and (channel.state is ChannelState.FOUNDING or not earlier_documents):
            due.append(wish)
    wishes.delete(connection, done)
    return due


def _unconfirmed(authority: str) -> str:
    return message(
        "{authority} waits to be let in: neither its old keys nor its recovery key signed the new ones. Compare their"
        " fingerprint with it by telephone or note, then: rogatory-node authority confirm {authority}",
        authority=authority,
    )


def _plan(work: Work, channel: Channel, due: list[Wish]) -> Plan | None:
    """One commit for as many wishes as go together: those of one amendment, and whatever needs none."""
    plan = Plan(declares=channel.state is ChannelState.FOUNDING)
    group = channel.in_group()
    waiting = False
    for wish in due:
        # PROTOCOL.md, Judgement: a matter's commit lets in or removes, and never both.
        leaving = channel.row.kind == Kind.MATTER and len(plan.removes) > len(plan.rejoins)
        match wish.kind:
            case WishKind.ADD:
                package = _package(work, channel, wish)
                if package is None:
                    waiting = True
                elif not leaving and (wish.amendment is None or plan.amendment in (None, wish.amendment)):
                    plan.amendment = plan.amendment or wish.amendment
                    plan.adds.append(package)
                    plan.wishes.append(wish)
            case WishKind.REMOVE | WishKind.SUSPEND:
                leaf = leaf_of(group, wish.authority)
                mixed = bool(plan.adds) and channel.row.kind == Kind.MATTER
                if leaf is not None and leaf != group.own_leaf and not mixed:
                    plan.removes.append(_removed(group, wish.authority, leaf))
                    plan.wishes.append(wish)
            case WishKind.REJOIN:
                row = _last_rejoin(work, channel, wish.authority)
                leaf = leaf_of(group, wish.authority)
                if row is not None and leaf is not None and not leaving:
                    plan.removes.append(_removed(group, wish.authority, leaf))
                    plan.adds.append(decode_package(row.key_package))
                    plan.rejoins.append(row.seq)
                    plan.wishes.append(wish)
            case WishKind.REPAIR:
                plan.declares = True
                plan.wishes.append(wish)
            case WishKind.REFRESH:
                plan.wishes.append(wish)
            case WishKind.RETURN:
                pass  # of halted channels, which commit nothing
    plan.declares = plan.declares or bool(plan.adds or plan.removes)
    if channel.state is ChannelState.FOUNDING:
        # A matter without its parties would leave them without its first document; a network grows later.
        waiting = waiting or len(wishes.of_channel(work.tx.connection, channel.id)) > len(due)
        return None if waiting and (channel.row.kind == Kind.MATTER or _asking(work, due)) else plan
    return plan if plan.wishes else None


def _package(work: Work, channel: Channel, wish: Wish) -> KeyPackage | None:
    """A key package that the directory vouches for, asked for at the joiner's relay where there is none yet."""
    try:
        work.tx.directory.may_trust_new(work.tx.now, channel.row.network)
    except DirectoryExpired:
        work.trouble_once(channel.id, Trouble.DIRECTORY_EXPIRED, RUN_OUT)
        return None
    return claim(work, wish.authority)


def _asking(work: Work, due: list[Wish]) -> bool:
    """Whether a relay that is connected has yet to answer for one of these."""
    return any(is_asked_for(work, wish.authority) for wish in due)


def _commit(work: Work, channel: Channel, plan: Plan) -> None:
    """Make, judge and store the commit. Raises VoidCommit, MLSError or MalformedError, and then nothing is stored."""
    tx, group, head = work.tx, channel.in_group(), channel.head
    removed = {each.authority for each in plan.removes}
    names = {package.leaf_node.identity.decode("ascii") for package in plan.adds}
    access = sorted((set(members_of(group)) - removed) | names)
    declaration = Declaration(
        work.pin(channel),
        Seen(head.seq, head.hash),
        access=access if plan.declares else None,
        amendment=plan.amendment,
        rejoins=sorted(plan.rejoins),
    )
    proposals: list[Proposal] = [Remove(each.leaf) for each in plan.removes]
    proposals += [Add(package) for package in plan.adds]
    planned = _planned(work, group, plan, declaration)
    policy = work.policy(channel, planned)
    after = after_commit(policy, planned)
    info = _join_info(work, channel, declaration, after) if plan.adds else None
    outcome = group.commit(
        proposals,
        random=tx.random,
        pending=(),
        authenticated_data=encode_declaration(declaration),
        path=True,
        new_signer=signature_keys(tx.identity),
        leaf_extensions=told_extension(told_digest(after) if plan.adds else None),
        group_info_extensions=() if info is None else join_extension(info),
        inline_tree=False,
        pad_to=padme,
        now=int(tx.now),
    )
    judge(work, channel, own_facts(outcome, plan.removes, head.seq + 1, tx.authority, declaration))
    invitation = invitation_of(outcome, b"" if info is None else info.tree_key)
    _store(work, channel, group, outcome, plan, declaration, invitation, absences_by(policy, planned))


def _store(
    work: Work,
    channel: Channel,
    group: Group,
    outcome: CommitOutcome[Group],
    plan: Plan,
    declaration: Declaration,
    invitation: Invitation | None,
    absences: tuple[list[str], list[str]],
) -> None:
    change = Change(
        committer=work.tx.authority,
        added=[package.leaf_node.identity.decode("ascii") for package in plan.adds],
        removed=[each.authority for each in plan.removes],
        access=sorted(members_of(outcome.pending)),
        pin=declaration.directory,
        amendment=declaration.amendment,
        declared=declaration.access is not None,
        suspended=absences[0],
        back=absences[1],
    )
    entry = OwnEntry(
        channel=channel.id,
        body_hash=body_hash(outcome.message),
        kind=EntryKind.COMMIT,
        base=channel.row.last_commit,
        body=outcome.message,
        invitation=None if invitation is None else msgspec.msgpack.encode(invitation),
        detail=msgspec.msgpack.encode(change),
        epoch=group.epoch,
        leaf=group.own_leaf,
        generation=group.messages.keys.next_generation(group.own_leaf, RatchetKind.HANDSHAKE),
    )
    own_entries.add(work.tx.connection, [entry])
    channel.group, channel.pending = outcome.sent, outcome.pending
    for authority in change.added:  # RFC 9420 section 10: a key package lets into one group
        used(work, authority)


def _planned(work: Work, group: Group, plan: Plan, declaration: Declaration) -> CommitFacts:
    """The commit as far as it changes what its joiners are told."""
    return CommitFacts(
        seq=declaration.seen.seq + 1,
        entry_author=work.tx.authority,
        committer=work.tx.authority,
        committer_leaf=group.own_leaf,
        declaration=declaration,
        added=tuple(added_by(package) for package in plan.adds),
        removed=tuple(plan.removes),
    )


def _join_info(work: Work, channel: Channel, declaration: Declaration, after: ChannelPolicy) -> JoinInfo:
    """What the joiners must hold to judge like the others from their first entry on; `after`: the commit."""
    introduction = work.hooks.introduction(work.tx, channel.id)
    matter = after if isinstance(after, MatterPolicy) else MatterPolicy()
    return JoinInfo(
        anchor=declaration.seen,
        pin=declaration.directory,
        charter=introduction.charter,
        amendments=[list(envelopes) for envelopes in introduction.amendments],
        leavers=[notice for authority, notice in introduction.notices.items() if authority in after.leavers],
        rejoins=[
            OpenRejoin(row.seq, row.envelope)
            for row in rejoins.waiting_rejoins(work.tx.connection, channel.id)
            if row.seq in after.rejoins
        ],
        tree_key=work.tx.random(TREE_KEY),
        left=[Departed(authority, count) for authority, count in sorted(matter.left.items())],
        suspended=sorted(matter.suspended),
        agreed=introduction.agreed,
    )


def _removed(group: Group, authority: str, leaf: int) -> Removed:
    node = group.member(leaf)
    return Removed(authority, leaf, b"" if node is None else node.signature_key)


def _has_keys(work: Work, authority: str) -> bool:
    directory = work.tx.directory
    return bool(directory.key_sets_in_force(authority, directory.targets_version))


def _last_rejoin(work: Work, channel: Channel, authority: str) -> RejoinRow | None:
    rows = open_rejoins(work.tx, channel.id, work.pin(channel))
    return next((row for row in rows if row.authority == authority), None)


def _refuse(work: Work, channel: Channel, plan: Plan, error: Exception) -> None:
    """What one wish asks for cannot be done: by the rules never, by a bad key package perhaps with another one."""
    for wish in plan.wishes:
        used(work, wish.authority)
        if isinstance(error, VoidCommit | NotVouched) or wish.kind is not WishKind.ADD:
            wishes.delete(work.tx.connection, [wish.number])
            work.trouble(
                channel.id,
                Trouble.COMMIT_REFUSED,
                message(
                    "{kind} {authority}: {error}",
                    kind=in_words(wish.kind),
                    authority=wish.authority,
                    error=text_of(error),
                ),
            )
        else:
            wishes.set_due(work.tx.connection, wish.number, work.tx.now + RETRY)
            work.trouble(
                channel.id,
                Trouble.KEY_PACKAGE,
                message(
                    "the key package of {authority} is unfit: {error}", authority=wish.authority, error=text_of(error)
                ),
            )


def _purpose(channel: Channel) -> ChannelGroup:
    row = channel.row
    if row.kind == Kind.MATTER:
        if row.charter_digest is None:
            raise RuntimeError("a matter is founded on a charter")
        return MatterGroup(row.charter_digest)
    if row.network is None:
        raise RuntimeError("a network's channel is founded on a roster")
    return NetworkGroup(row.network)
