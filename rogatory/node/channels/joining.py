"""Joining by an invitation: opened, chained to the log, judged, and only then stored and taken (DESIGN section 1).

Nothing is kept until all of it stands; the relay repeats an invitation until it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from rogatory.keys.errors import DirectoryExpired, UnknownVersion
from rogatory.node.channels.awaiting import vouch_ever
from rogatory.node.channels.halting import forget_group, halt, lose
from rogatory.node.channels.hooks import Introduction, JoinInfo, JoinRefused, Kind
from rogatory.node.channels.open_rejoins import read_rejoin, verify_rejoin
from rogatory.node.channels.profile import enter, members_of, reference_of, tree_leaves
from rogatory.node.channels.session import HeadersAsked, JoinUnderWay, Session
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.stock import last_resort_used
from rogatory.node.channels.trouble import RUN_OUT, Trouble
from rogatory.node.channels.work import Channel, Work
from rogatory.node.store import channels, closings, key_packages, log, members, outbox, own_entries, rejoins, wishes
from rogatory.node.store.channels import ChannelRow
from rogatory.node.store.key_packages import Purpose
from rogatory.node.store.log import HeaderRow
from rogatory.node.store.own_entries import EntryKind, OwnEntry
from rogatory.node.store.wishes import WishKind
from rogatory.protocol.declaration import access_digest
from rogatory.protocol.errors import MalformedError, ProtocolError
from rogatory.protocol.extensions import MatterGroup, NetworkGroup
from rogatory.protocol.frames.client import FetchHeaders, InvitationsTaken
from rogatory.protocol.frames.server import Headers, Invited
from rogatory.protocol.header import ForkDetected, Form, Head, Header, genesis, next_header
from rogatory.protocol.judgement import check_told, judge_tree
from rogatory.protocol.limits import MAX_EXCEPTED
from rogatory.protocol.mls.errors import MLSError
from rogatory.protocol.mls.key_package import KeyPackageSecrets
from rogatory.protocol.text import message, text_of

FORMER = (ChannelState.REJOINING, ChannelState.CLOSED)
ENDED = (ChannelState.CLOSING, ChannelState.CLOSED)


def invited(work: Work, session: Session, frame: Invited) -> None:
    """Open an invitation and ask for the headers that lead to it."""
    session.invited.pop(frame.id, None)
    channel = work.channel(frame.channel)
    if frame.id in session.joins or (channel is not None and channel.state is ChannelState.HALTED):
        return
    if (
        channel is not None
        and channel.state in ENDED
        and closings.closed_at(work.tx.connection, channel.id) is not None
    ):
        _take(work, session, frame)  # a closed matter is entered no more by who has read that
        return
    let_in = channel is not None and channel.row.let_in_at == frame.seq
    if channel is not None and channel.head.seq >= frame.seq and not let_in:
        _pass_over(work, session, channel, frame)
        return
    if channel is not None and channel.state is ChannelState.OPEN:
        # A member leaves its group by the log alone: what this leads into may be a group of its sender's own.
        session.invited[frame.id] = frame
        return
    try:
        secrets = key_packages.get(work.tx.connection, reference_of(frame.secrets))
        if secrets is None:
            raise MalformedError(message("it is for a key package whose keys are not here"))
        entered = enter(frame.info, frame.secrets, KeyPackageSecrets.decode(secrets.secrets))
        if entered.group.group_id != frame.channel or entered.committer != frame.author:
            raise MalformedError(message("the relay names another channel or author than it was sealed for"))
    except (MLSError, MalformedError) as error:
        _unreadable(work, session, frame, channel, text_of(error))
        return
    pin, directory = entered.info.pin, work.tx.directory
    network = entered.channel_group.network if isinstance(entered.channel_group, NetworkGroup) else None
    if pin.targets > directory.targets_version or pin.network > directory.network_versions.get(network or "", 0):
        session.invited[frame.id] = frame
        work.tx.output.directory_wanted.add(session.relay)
        return
    try:
        directory.may_trust_new(work.tx.now)
    except DirectoryExpired:
        session.invited[frame.id] = frame
        work.trouble_once(frame.channel, Trouble.DIRECTORY_EXPIRED, RUN_OUT)
        return
    anchor = Head(entered.info.anchor.seq, entered.info.anchor.head)
    start = channel.head if channel is not None and channel.state in FORMER and not let_in else anchor
    session.joins[frame.id] = JoinUnderWay(frame, entered, start, start)
    _fetch(work, session, session.joins[frame.id])


def look_again(work: Work, session: Session, channel: bytes) -> None:
    """The channel's log was read on: it may have reached the commit of an invitation that waits for it."""
    for frame in [each for each in session.invited.values() if each.channel == channel]:
        invited(work, session, frame)


def headers(work: Work, session: Session, asked: HeadersAsked, frame: Headers) -> None:
    """Headers on the way to an invitation."""
    join = session.joins.get(asked.invitation)
    if join is None:
        return
    if frame.after != join.head.seq or not frame.headers:
        _refuse(work, session, join, message("the relay does not give the headers that lead to it"))
        return
    for line in frame.headers[: join.invited.seq - join.head.seq]:
        join.lines.append(line)
        header = next_header(join.invited.channel, join.head, line.author, line.form, line.body_hash)
        join.head = Head(header.seq, header.hash())
    if join.head.seq < join.invited.seq:
        _fetch(work, session, join)
        return
    _complete(work, session, join)


@dataclass(frozen=True, slots=True)
class _Way:
    """The headers from where this node stood (or the anchor) up to the commit that adds it."""

    headers: list[Header]

    @property
    def last(self) -> Header:
        return self.headers[-1]


def _complete(work: Work, session: Session, join: JoinUnderWay) -> None:
    """All is at hand: judge, and join or refuse."""
    frame, entered = join.invited, join.entered
    channel = work.channel(frame.channel)
    way = _way(join)
    try:
        _check_way(work, channel, join, way)
    except ForkDetected as error:
        if channel is not None:
            session.joins.pop(frame.id, None)
            halt(work, channel, Trouble.FORK, text_of(error))
        else:
            _refuse(work, session, join, text_of(error))
        return
    if entered.info.anchor.seq != frame.seq - 1:
        # PROTOCOL.md, The log, rule 3: what landed between is missing from what it was told.
        told = entered.info.anchor.seq
        _refuse(
            work,
            session,
            join,
            message("it tells of the log up to entry {told}, its commit is entry {seq}", told=told, seq=frame.seq),
        )
        return
    rejoined = channel is not None and channel.state is ChannelState.REJOINING
    former = channel is not None and channel.state in FORMER
    if channel is not None:
        channel.save(work.tx)
    try:
        with work.tx.connection.begin_nested():
            channel = _enter(work, session, join, channel)
            _record(work, channel, join, way, former=former)
            channel.save(work.tx)
            work.hooks.joined(work.tx, frame.channel, _join_info(work, session, join, rejoined=rejoined))
            _judge(work, channel, join)
    except (JoinRefused, ProtocolError, MLSError, UnknownVersion) as error:
        work.memory.channels.pop(frame.channel, None)
        work.touched.discard(frame.channel)
        _refuse(work, session, join, text_of(error))
        return
    _use_package(work, channel, frame)
    session.joins.pop(frame.id)
    _take(work, session, frame)
    session.resume(work.tx.output, channel.id, channel.head.seq)


def _judge(work: Work, channel: Channel, join: JoinUnderWay) -> None:
    """The tree that was entered, and what its committer told. Raises VoidCommit."""
    entered, directory, policy = join.entered, work.tx.directory, work.policy(channel)
    judge_tree(
        tree_leaves(entered.group),
        policy,
        entered.info.pin,
        lambda authority, key, pin: vouch_ever(directory, authority, key, pin),
    )
    check_told(entered.told, policy)


def _way(join: JoinUnderWay) -> _Way:
    headers: list[Header] = []
    head = join.start
    for line in join.lines:
        header = next_header(join.invited.channel, head, line.author, line.form, line.body_hash)
        head = Head(header.seq, header.hash())
        headers.append(header)
    return _Way(headers)


def _check_way(work: Work, channel: Channel | None, join: JoinUnderWay, way: _Way) -> None:
    """The committer's log and the relay's are one, and the commit stands where the relay says; raises ForkDetected."""
    anchor = join.entered.info.anchor
    read = None if channel is None else channel.head_at(work.tx, way.last.seq)
    if read is not None and read != way.last.hash():
        raise ForkDetected(
            message("entry {seq} is another one than this node has read: the relay's log differs", seq=way.last.seq)
        )
    heads = {join.start.seq: join.start.hash} | {header.seq: header.hash() for header in way.headers}
    held = heads.get(anchor.seq)
    if held is None and channel is not None:
        held = channel.head_at(work.tx, anchor.seq)
    if held is not None and held != anchor.head:
        raise ForkDetected(
            message(
                "{committer} holds another log up to entry {seq} than the relay shows here: compare heads by telephone",
                committer=join.entered.committer,
                seq=anchor.seq,
            )
        )
    if way.last.author != join.entered.committer or way.last.form is not Form.MLS:
        raise ForkDetected(
            message("entry {seq} is not the commit that added this node: the relay's log differs", seq=way.last.seq)
        )


def _join_info(work: Work, session: Session, join: JoinUnderWay, *, rejoined: bool) -> JoinInfo:
    purpose, info = join.entered.channel_group, join.entered.info
    network = purpose.network if isinstance(purpose, NetworkGroup) else None
    roster = work.tx.directory.roster_of_channel(join.invited.channel)
    if (None if roster is None else roster.id) != network:
        raise JoinRefused(message("the channel's group and the directory disagree on which network's it is"))
    return JoinInfo(
        kind=Kind.MATTER if network is None else Kind.NETWORK,
        relay=session.relay,
        network=network,
        charter_digest=purpose.charter if isinstance(purpose, MatterGroup) else None,
        introduction=Introduction(info.charter, tuple(tuple(envelopes) for envelopes in info.amendments), info.agreed),
        committer=join.entered.committer,
        members=tuple(sorted(members_of(join.entered.group))),
        pin=info.pin,
        notices=tuple(info.leavers),
        rejoined=rejoined,
        left={each.authority: each.amendments for each in info.left},
        suspended=frozenset(info.suspended),
    )


def _enter(work: Work, session: Session, join: JoinUnderWay, channel: Channel | None) -> Channel:
    """The channel with the group that was joined."""
    if channel is None:
        row = ChannelRow(join.invited.channel, session.relay, ChannelState.AWAITED, work.tx.now)
        channels.insert(work.tx.connection, row)
        channel = work.channel(row.id)
        if channel is None:
            raise RuntimeError("a channel vanished in its transaction")
    forget_group(work, channel)
    channel.enter(ChannelState.OPEN)
    purpose, row, pin = join.entered.channel_group, channel.row, join.entered.info.pin
    row.relay = session.relay
    row.network = purpose.network if isinstance(purpose, NetworkGroup) else None
    row.charter_digest = purpose.charter if isinstance(purpose, MatterGroup) else None
    row.kind = row.kind or (Kind.MATTER if row.network is None else Kind.NETWORK)
    row.head_seq, row.head_hash = join.head.seq, join.head.hash
    row.last_commit = join.head.seq
    row.let_in_at = row.disputed_by = None
    row.pin_targets, row.pin_network = pin.targets, pin.network
    row.relay_access = access_digest(members_of(join.entered.group))
    channel.group = join.entered.group
    return channel


def _record(work: Work, channel: Channel, join: JoinUnderWay, way: _Way, *, former: bool) -> None:
    """What the headers tell: where own entries stand, and, for who comes back, what it could not read."""
    connection, seq = work.tx.connection, join.head.seq
    log.append(
        connection,
        [HeaderRow(channel.id, each.seq, each.author, each.form, each.body_hash, each.hash()) for each in way.headers],
    )
    members.joined(connection, channel.id, members_of(join.entered.group), work.tx.authority, seq)
    rejoins.forget_rejoins(connection, channel.id)
    for told in join.entered.info.rejoins:
        row, _ = read_rejoin(channel.id, told.seq, told.envelope)
        rejoins.put_rejoin(connection, channel.id, verify_rejoin(work.tx, channel.id, row))
    unread: list[int] = []
    for header in way.headers[:-1]:
        if header.author == work.tx.authority:
            own = own_entries.find(connection, channel.id, header.body_hash)
            if own is not None and own.seq is None:
                _logged_unread(work, own, header.seq)
        elif header.form is Form.MLS:
            unread.append(header.seq)
    if former:
        log.except_entries(connection, channel.id, unread[-MAX_EXCEPTED:])


def _logged_unread(work: Work, own: OwnEntry, seq: int) -> None:
    """An own entry stands in the part of the log that was not read entry by entry."""
    own.seq = seq
    own_entries.update(work.tx.connection, own)
    if own.kind is EntryKind.MESSAGE and own.outbox_number is not None:
        outbox.mark_logged(work.tx.connection, own.outbox_number, seq)


def _use_package(work: Work, channel: Channel, frame: Invited) -> None:
    """An init key is used once (RFC 9420 section 10); after the last resort the leaf's keys are renewed at once."""
    connection, reference = work.tx.connection, reference_of(frame.secrets)
    row = key_packages.get(connection, reference)
    key_packages.delete_for_channel(connection, channel.id)
    if row is None:
        return
    if row.purpose is not Purpose.LAST_RESORT:
        key_packages.delete(connection, reference)
        work.tx.output.keys_destroyed = True
        return
    last_resort_used(work, row)
    wishes.add(
        connection,
        channel.id,
        WishKind.REFRESH,
        "",
        after_outbox=outbox.last_number(connection),
        due_at=work.tx.now,
    )


def _unreadable(work: Work, session: Session, frame: Invited, channel: Channel | None, why: str) -> None:
    """A Welcome that cannot be opened leads to a rejoin (DESIGN section 4)."""
    _take(work, session, frame)
    explanation = message(
        "the invitation by {author} cannot be opened: {why}; this node asks to be let in again",
        author=frame.author,
        why=why,
    )
    if channel is None:
        row = ChannelRow(frame.channel, session.relay, ChannelState.REJOINING, work.tx.now)
        row.head_hash = genesis(frame.channel).hash
        channels.insert(work.tx.connection, row)
        work.trouble(frame.channel, Trouble.INVITATION, explanation)
        return
    key_packages.delete_for_channel(work.tx.connection, channel.id)
    lose(work, channel, Trouble.INVITATION, explanation)


def _refuse(work: Work, session: Session, join: JoinUnderWay, why: str) -> None:
    """Not joined: told, remembered, and not asked again."""
    session.joins.pop(join.invited.id, None)
    channel = work.channel(join.invited.channel)
    if channel is None:
        row = ChannelRow(join.invited.channel, session.relay, ChannelState.REFUSED, work.tx.now)
        row.head_hash = genesis(row.id).hash
        channels.insert(work.tx.connection, row)
    elif channel.state is ChannelState.AWAITED:
        channel.enter(ChannelState.REFUSED)
    elif channel.state is ChannelState.REJOINING:
        key_packages.delete_for_channel(work.tx.connection, channel.id)  # it asks anew: another member may answer
    _take(work, session, join.invited)
    work.trouble(
        join.invited.channel,
        Trouble.INVITATION,
        message("an invitation by {author} is refused: {why}", author=join.invited.author, why=why),
    )


def _pass_over(work: Work, session: Session, channel: Channel, frame: Invited) -> None:
    """The log was read past it: it was taken before, or the log does not say what it says."""
    own = members.get(work.tx.connection, channel.id, work.tx.authority)
    if channel.state is ChannelState.OPEN and (own is None or frame.seq > own.since_seq):
        work.trouble(
            channel.id,
            Trouble.INVITATION,
            message(
                "an invitation by {author} is refused: the entry at {seq} does not let this node in, it would lead"
                " into another group than the other members'",
                author=frame.author,
                seq=frame.seq,
            ),
        )
    _take(work, session, frame)


def _take(work: Work, session: Session, frame: Invited) -> None:
    session.send(work.tx.output, InvitationsTaken([frame.id]))


def _fetch(work: Work, session: Session, join: JoinUnderWay) -> None:
    ref = session.ask(HeadersAsked(join.invited.id))
    session.send(work.tx.output, FetchHeaders(ref, join.invited.channel, join.head.seq, join.invited.seq))
