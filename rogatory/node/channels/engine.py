"""Channels as one machine: dispatches what arrives, then does what is due and may be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Final

from rogatory.node.channels import (
    acknowledging,
    answers,
    closing,
    joining,
    memberships,
    reading,
    rejoining,
    resuming,
    sending,
    stock,
)
from rogatory.node.channels.clocks import SessionClocks
from rogatory.node.channels.hooks import Hooks
from rogatory.node.channels.session import (
    AppendAsked,
    Asked,
    ChannelsAsked,
    ClaimAsked,
    HeadersAsked,
    LastCommitAsked,
    PublishAsked,
    Reading,
    ResumeAsked,
    Session,
)
from rogatory.node.channels.states import FOLLOWED
from rogatory.node.channels.trouble import Trouble
from rogatory.node.channels.work import Memory, Work
from rogatory.node.output import Output
from rogatory.node.store import outbox, wishes
from rogatory.node.transaction import Tx
from rogatory.protocol.frames.client import Credit
from rogatory.protocol.frames.server import (
    Accepted,
    AcceptedTogether,
    Acknowledgements,
    Channels,
    Claimed,
    DirectoryChanged,
    Entries,
    Headers,
    Invited,
    Published,
    Ready,
    Refused,
    Rejected,
    Resumed,
    ServerFrame,
    StockLow,
)
from rogatory.protocol.receipt import ReceiptInvalid
from rogatory.protocol.text import message, text_of

ACKNOWLEDGEMENT_TERM: Final = 72 * 3600.0
"""Seconds after which a missing acknowledgement is told: a partition of two members looks like silence."""
DIRECTORY_TERM: Final = 15 * 60.0
"""Seconds after which a relay that does not serve the directory that others use is told."""


class Engine:
    """Holds only what a crash may take: the sessions with relays, and channels as last stored."""

    def __init__(self, hooks: Hooks, steady: Callable[[], float], helpers: Executor | None = None) -> None:
        """`steady()`: seconds of a clock that nobody sets, since any moment."""
        self._hooks = hooks
        self._steady = steady
        self._helpers = helpers
        self._memory = Memory()
        self._lost: set[str] = set()
        self._work: Work | None = None

    def forget(self) -> None:
        """A transaction was undone: if channels took part, drop what memory holds of them and of the sessions.

        Frames that the sessions count as sent were not; their links are asked to begin anew.
        """
        if self._work is not None:
            self._lost |= self._memory.sessions.keys()
            self._work, self._memory = None, Memory(told=self._memory.told, aside=self._memory.aside)

    def set_aside(self, channel: bytes) -> bool:
        """Take no more notice of a channel while this process runs; whether that is new."""
        new = channel not in self._memory.aside
        self._memory.aside.add(channel)
        return new

    def begin_anew(self) -> None:
        """Ask for all sessions to begin anew, with what follows from that for every channel."""
        self._lost |= self._memory.sessions.keys()

    def directory_changed(self, tx: Tx) -> None:
        """Go on where a newer directory was awaited."""
        work = self._begin(tx)
        self._memory.packages.clear()  # their keys may be in force no longer: they are claimed again where needed
        for session in list(self._memory.sessions.values()):
            for channel_id, attachment in list(session.attached.items()):
                channel = work.channel(channel_id)
                if attachment.reading is Reading.AWAITING and channel is not None:
                    session.resume(tx.output, channel_id, channel.head.seq)
            for frame in list(session.invited.values()):
                with work.on_account_of(frame.channel):
                    joining.invited(work, session, frame)

    def session_opened(self, tx: Tx, relay: str, ready: Ready) -> None:
        """Begin a session: key packages, then every channel is read on from where it stands."""
        work = self._begin(tx)
        self._lost.discard(relay)
        session = self._memory.sessions[relay] = Session(relay, ready, opened=self._steady())
        stock.open_stock(work, session)
        memberships.ask(work, session)
        resuming.attach_all(work, session)

    def receive(self, tx: Tx, relay: str, frames: Sequence[ServerFrame]) -> None:
        """Take frames of a session in order."""
        session = self._memory.sessions.get(relay)
        if session is None:
            return
        work = self._begin(tx)
        for frame in frames:
            channel = _channel_of(frame)
            if channel is None:
                self._take(work, session, frame)
            elif channel not in self._memory.aside:
                with work.on_account_of(channel):
                    self._take(work, session, frame)

    def session_closed(self, relay: str) -> None:
        """Forget a session."""
        self._lost.discard(relay)
        self._memory.sessions.pop(relay, None)

    def tick(self, tx: Tx) -> None:
        """Tell what has been waited for too long."""
        work = self._begin(tx)
        late = outbox.overdue(tx.connection, tx.now - ACKNOWLEDGEMENT_TERM)
        for row in late:
            work.trouble(
                row.channel,
                Trouble.UNACKNOWLEDGED,
                message(
                    "not every member has acknowledged entry {seq} within {hours} hours: a node is off, or the relay"
                    " keeps members apart; compare heads by telephone",
                    seq=row.seq,
                    hours=f"{ACKNOWLEDGEMENT_TERM / 3600:.0f}",
                ),
            )
        outbox.mark_overdue_told(tx.connection, [row.number for row in late])
        for session in self._memory.sessions.values():
            self._look_after(work, session)

    def finish(self, tx: Tx) -> Output:
        """Do what is due, send what may be sent, and say what the daemon is to do."""
        work = self._begin(tx)
        wake: list[float | None] = [self._hooks.due(tx, self._live_since), stock.rotate(work)]
        for session in list(self._memory.sessions.values()):
            for channel_id, attachment in list(session.attached.items()):
                if channel_id in work.touched or attachment.retry_at is not None:
                    with work.on_account_of(channel_id):
                        self._settle(work, session, channel_id)
        wake.append(self._hooks.remind(tx, SessionClocks(self._memory.sessions, self._steady())))
        wake.append(closing.finish_all(work))
        sending.send_all(work)
        stock.send_claims(work)
        for session in self._memory.sessions.values():
            if session.credit:
                session.send(tx.output, Credit(session.credit))
                session.credit = 0
            wake += [each.retry_at for each in session.attached.values()]
            wake += [each.retry_at for each in session.missing.values() if each.retry_at > tx.now]
        wake += [*work.wake, wishes.next_due(tx.connection, tx.now)]
        work.save()
        self._work = None
        times = [max(at, tx.now) for at in wake if at is not None]
        return Output(
            frames=tuple(tx.output.frames),
            wake_at=min(times, default=None),
            directory_wanted=frozenset(tx.output.directory_wanted),
            reconnect=frozenset(self._lost),
            keys_destroyed=tx.output.keys_destroyed,
        )

    def _live_since(self, channel: bytes) -> float | None:
        """As of `hooks.Live`."""
        found = (session.attached.get(channel) for session in self._memory.sessions.values())
        return next((each.live_since for each in found if each is not None and each.reading is Reading.LIVE), None)

    def _begin(self, tx: Tx) -> Work:
        """The work of this transaction: one for all that happens in it."""
        if self._work is None or self._work.tx is not tx:
            self._work = Work(tx, self._hooks, self._memory, self._helpers)
        return self._work

    def _take(self, work: Work, session: Session, frame: ServerFrame) -> None:
        match frame:
            case Entries():
                reading.entries(work, session, frame)
                joining.look_again(work, session, frame.channel)
            case Acknowledgements():
                acknowledging.acknowledgements(work, frame)
            case Invited():
                joining.invited(work, session, frame)
            case Rejected():
                answers.rejected(work, session, frame.rejection)
            case StockLow():
                stock.stock_low(work, session, frame)
            case DirectoryChanged():
                work.tx.output.directory_wanted.add(session.relay)
            case Accepted() | Refused() | Resumed() | Headers() | Channels() | Published() | Claimed():
                self._answer(work, session, frame)
            case AcceptedTogether():
                self._accepted_together(work, session, frame)
            case _:
                pass  # the link's own: handshake and goodbye

    def _accepted_together(self, work: Work, session: Session, frame: AcceptedTogether) -> None:
        try:
            accepted = frame.each()
        except ReceiptInvalid as error:
            work.trouble(
                None,
                Trouble.RECEIPT,
                message("{error}: keep in mind that nothing proves these entries' acceptance", error=text_of(error)),
            )
            return
        for each in accepted:
            self._answer(work, session, each)

    def _answer(
        self,
        work: Work,
        session: Session,
        frame: Accepted | Refused | Resumed | Headers | Channels | Published | Claimed,
    ) -> None:
        """An answer counts only with a question of its kind; each question is answered once."""
        asked = session.answered(frame.ref)
        if isinstance(asked, AppendAsked | ResumeAsked | LastCommitAsked):
            with work.on_account_of(asked.channel):
                self._answered(work, session, asked, frame)
        elif isinstance(asked, HeadersAsked) and asked.invitation in session.joins:
            with work.on_account_of(session.joins[asked.invitation].invited.channel):
                self._answered(work, session, asked, frame)
        else:
            self._answered(work, session, asked, frame)

    def _answered(
        self,
        work: Work,
        session: Session,
        asked: Asked | None,
        frame: Accepted | Refused | Resumed | Headers | Channels | Published | Claimed,
    ) -> None:
        match asked, frame:
            case AppendAsked() as asked, Accepted():
                answers.accepted(work, session, asked.channel, asked.body_hash, frame)
            case AppendAsked() as asked, Refused():
                answers.refused(work, session, asked.channel, asked.body_hash, frame)
            case ResumeAsked(), Resumed():
                resuming.resumed(work, session, frame)
            case ResumeAsked() as asked, Refused():
                resuming.resume_refused(work, session, asked.channel, frame.ref, frame)
            case ChannelsAsked() as asked, Channels():
                memberships.told(work, session, asked, frame)
            case HeadersAsked() as asked, Headers():
                joining.headers(work, session, asked, frame)
            case HeadersAsked() as asked, Refused():
                session.joins.pop(asked.invitation, None)
            case LastCommitAsked() as asked, Headers():
                rejoining.last_commit_told(work, session, asked, frame)
            case LastCommitAsked() as asked, Refused():
                rejoining.ask_later(work, session, asked)
            case PublishAsked() as asked, Published():
                stock.published(work, asked, frame)
            case ClaimAsked() as asked, Claimed():
                stock.claimed(work, session, asked, frame)
            case ClaimAsked() as asked, Refused():
                for authority in asked.authorities:
                    stock.ask_later(work, session, authority)
            case _:
                pass

    def _settle(self, work: Work, session: Session, channel_id: bytes) -> None:
        """After a batch: begin to send if the head is reached, acknowledge, try again what is due."""
        attachment, channel = session.attached[channel_id], work.memory.channels.get(channel_id)
        if attachment.retry_at is not None and attachment.retry_at <= work.tx.now:
            channel = work.channel(channel_id)
            if channel is not None:
                session.resume(work.tx.output, channel_id, channel.resume_after)
            return
        if channel is None or channel_id not in work.touched:
            return
        resuming.reach(work, session, channel, attachment)
        if channel.state in FOLLOWED:
            acknowledging.compare(work, channel)
            acknowledging.acknowledge(work, session, channel)

    def _look_after(self, work: Work, session: Session) -> None:
        for channel_id, attachment in session.attached.items():
            since = attachment.awaiting_since
            if attachment.reading is not Reading.AWAITING or since is None or attachment.behind_told:
                continue
            work.tx.output.directory_wanted.add(session.relay)
            if work.tx.now - since >= DIRECTORY_TERM:
                attachment.behind_told = True
                work.trouble(
                    channel_id,
                    Trouble.DIRECTORY_BEHIND,
                    message(
                        "a member uses a newer directory than {relay} serves: tell its operator and the publisher; the"
                        " channel waits for it",
                        relay=session.relay,
                    ),
                )


def _channel_of(frame: ServerFrame) -> bytes | None:
    """The channel that a frame brings something of; an answer's is known by its question."""
    return frame.channel if isinstance(frame, Entries | Acknowledgements | Invited) else None
