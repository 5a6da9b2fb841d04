"""What a node knows of one link to a relay, in memory only: a crash takes it without harm.

How far a channel is with this session:

    reading    | on                                   | leads to
    -----------|--------------------------------------|----------------------------------------------------
    RESUMING   | Resume sent                          | READING (Resumed), entries that still come are ignored
    READING    | entries up to the head told          | LIVE (head reached), AWAITING (newer directory needed),
               |                                      | RESUMING (entries are missing)
    LIVE       | entries as they come; appends go out | RESUMING (an append was refused, entries are missing), AWAITING
    AWAITING   | entries are ignored                  | RESUMING (another directory came)
    PAUSED     | entries are ignored                  | RESUMING (at `retry_at`)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rogatory.node.channels.profile import Entered
from rogatory.node.output import Draft
from rogatory.node.store.own_entries import OwnEntry
from rogatory.protocol.frames.client import Append, ClientFrame, Invitation, Resume
from rogatory.protocol.frames.server import HeaderLine, Invited, Ready, Resumed
from rogatory.protocol.header import Form, Head
from rogatory.protocol.limits import APPENDS_IN_FLIGHT


class Reading(StrEnum):
    """See the table at the top."""

    RESUMING = "resuming"
    READING = "reading"
    LIVE = "live"
    AWAITING = "awaiting"
    PAUSED = "paused"


@dataclass(slots=True)
class Attachment:
    """A channel within a session. Times are Unix seconds."""

    reading: Reading = Reading.RESUMING
    ref: int = 0
    """Of the newest Resume; answers to older ones are ignored."""
    target: Resumed | None = None
    last_commit: tuple[int, bytes] | None = None
    """Seq and body hash of the log's last commit, as the relay tells it to who asks to be let in again."""
    retry_at: float | None = None
    refusals: int = 0
    refused_at: int = 0
    """How far the log was read when the last append was refused."""
    gaps: int = 0
    """How often entries were missing in a row, and (`gap_at`) how far the log was read then."""
    gap_at: int = 0
    awaiting_since: float | None = None
    live_since: float | None = None
    """When it was read to the head last."""
    behind_told: bool = False
    acknowledged: int = 0
    """Seq of this node's last acknowledgement sent in this session."""


@dataclass(frozen=True, slots=True)
class AppendAsked:
    """An append without an answer."""

    channel: bytes
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """A resume without an answer."""

    channel: bytes


@dataclass(frozen=True, slots=True)
class PublishAsked:
    """Key packages on their way to the relay, by reference, all signed by this key set.

    `renews`: when they are stored, the relay has none that are older.
    """

    references: tuple[bytes, ...]
    key_set: int
    renews: bool


@dataclass(frozen=True, slots=True)
class ClaimAsked:
    """Key packages asked for."""

    authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeadersAsked:
    """Headers asked for on the way into a channel, by the invitation's id."""

    invitation: int


@dataclass(frozen=True, slots=True)
class LastCommitAsked:
    """The header of a channel's last commit, entry `seq`, asked for to name it in a rejoin."""

    channel: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class ChannelsAsked:
    """This node's memberships asked for, ids above `after`; `pages` may still be asked for, this one included."""

    after: bytes
    pages: int


Asked = AppendAsked | ResumeAsked | PublishAsked | ClaimAsked | HeadersAsked | LastCommitAsked | ChannelsAsked


@dataclass(slots=True)
class JoinUnderWay:
    """An invitation that opened, and whose headers are being read: from `start`, `head` so far."""

    invited: Invited
    entered: Entered
    start: Head
    head: Head
    lines: list[HeaderLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Missing:
    """Asked for in vain, `times` in a row; to be asked for again at `retry_at` (Unix seconds)."""

    times: int
    retry_at: float


@dataclass(slots=True)
class Session:
    """A link to a relay and what is under way on it."""

    relay: str
    ready: Ready
    opened: float = 0.0
    """When it began, by a clock that nobody sets, in seconds."""
    attached: dict[bytes, Attachment] = field(default_factory=dict)
    asked: dict[int, Asked] = field(default_factory=dict)
    sent: set[tuple[bytes, bytes]] = field(default_factory=set)
    """(channel, body hash) of what was sent in this session: it is not sent twice."""
    unsent: set[bytes] = field(default_factory=set)
    """Channels on which stored bytes may wait to be sent (again)."""
    in_flight: int = 0
    """Appends without an answer."""
    missing: dict[str, Missing] = field(default_factory=dict)
    """Authorities without key packages at this relay."""
    claims: Counter[str] = field(default_factory=Counter)
    """Authorities whose key packages are to be asked for at the end of the transaction, and how many of each."""
    invited: dict[int, Invited] = field(default_factory=dict)
    """Invitations that wait for a newer directory."""
    joins: dict[int, JoinUnderWay] = field(default_factory=dict)
    proven: tuple[bytes, bytes, bytes] | None = None
    """The relay's receipt key, the newest signature that was verified under it, and what that signs."""
    credit: int = 0
    last_ref: int = 0

    def ask(self, asked: Asked) -> int:
        """A new reference for a request."""
        self.last_ref += 1
        self.asked[self.last_ref] = asked
        return self.last_ref

    def answered(self, ref: int) -> Asked | None:
        """The question that an answer is for, once."""
        asked = self.asked.pop(ref, None)
        if isinstance(asked, AppendAsked):
            self.in_flight -= 1
        return asked

    def room(self) -> int:
        """How many more appends may be in flight."""
        return min(APPENDS_IN_FLIGHT, self.ready.appends_in_flight) - self.in_flight

    def unanswered_before(self, channel: bytes, ref: int) -> bool:
        """Whether an append of before that Resume has no answer yet: what follows must not overtake it."""
        return self.in_flight > 0 and any(
            number < ref and isinstance(each, AppendAsked) and each.channel == channel
            for number, each in self.asked.items()
        )

    def resume(self, draft: Draft, channel: bytes, after: int) -> None:
        """Read a channel from there."""
        attachment = self.attached.setdefault(channel, Attachment())
        attachment.reading, attachment.target, attachment.retry_at = Reading.RESUMING, None, None
        attachment.last_commit = None
        attachment.ref = self.ask(ResumeAsked(channel))
        self.send(draft, Resume(attachment.ref, channel, after))

    def append(
        self, draft: Draft, entry: OwnEntry, form: Form, invitation: Invitation | None, blobs: Sequence[bytes] = ()
    ) -> None:
        """Send an own entry's bytes, once in this session. `blobs`: of its document's files."""
        if entry.body is None or (entry.channel, entry.body_hash) in self.sent:
            return
        self.sent.add((entry.channel, entry.body_hash))
        ref = self.ask(AppendAsked(entry.channel, entry.body_hash))
        self.in_flight += 1
        self.send(draft, Append(ref, entry.channel, entry.base, form, entry.body, invitation, list(blobs)))

    def send(self, draft: Draft, frame: ClientFrame) -> None:
        """Send a frame over this link."""
        draft.send(self.relay, frame)
