"""What channels ask of those who know what documents mean: matters, networks and the inbox.

Every method is called inside the transaction and in log order. What they write stands or falls with the entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from rogatory.node.channels.clocks import RelayClocks
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import NodeError
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.attachments import AttachmentReference
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import Document
from rogatory.protocol.header import Head
from rogatory.protocol.judgement import ChannelPolicy, RejoinNotice, Void
from rogatory.protocol.judgement.policy import NO_PIN
from rogatory.protocol.limits import HASH
from rogatory.protocol.receipt import Receipt
from rogatory.protocol.rejection import Rejection

Live = Callable[[bytes], float | None]
"""Since when (Unix seconds) a channel is read as its log grows; None: it is not, or its relay is not reached."""


class Kind(StrEnum):
    """Kinds of channel (DESIGN section 1); the value stands in the MLS group context."""

    MATTER = "matter"
    NETWORK = "network"
    INTER_NETWORK = "inter-network"


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a joiner must hold to judge a channel: the charter's envelope, and each amendment's envelopes in order.

    `notices`: the envelopes of those who asked to leave and are not removed yet, by authority.
    """

    charter: bytes | None = None
    amendments: tuple[tuple[bytes, ...], ...] = ()
    agreed: int = 0
    """How many of the amendments are complete: these come first, in their order."""
    notices: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JoinInfo:
    """A channel that this node was just added to, before it is accepted. `charter_digest` stands in the MLS group."""

    kind: Kind
    relay: str
    network: str | None
    charter_digest: bytes | None
    introduction: Introduction
    committer: str
    members: tuple[str, ...]
    pin: DirectoryPin
    notices: tuple[bytes, ...]
    """Envelopes of members that asked to leave and are not removed yet."""
    rejoined: bool
    """Whether this node asked to be let in again."""
    left: Mapping[str, int] = field(default_factory=dict)
    """Former parties, and how many amendments were complete when they left."""
    suspended: frozenset[str] = frozenset()
    """Parties that are no members while their keys have ended."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document in the log. `time`: the relay's, Unix milliseconds; `seen`: the log as its author held it.

    `own`: this node's, read back from the log. `shared`: sent again for a member that had lost it; `original_seq`
    is where it stood first. `last_pin`: of the last commit before it that stands; `head`: of the log up to `seq`.
    `body`: of its entry, encrypted, empty where this node has it no longer; `kept`: its number where it is kept
    already; `salt`: what the entry commits with.
    """

    seq: int
    author: str
    time: int
    message_id: bytes
    document: Document
    pin: DirectoryPin
    last_pin: DirectoryPin = NO_PIN
    head: bytes = bytes(HASH)
    own: bool = False
    shared: bool = False
    original_seq: int | None = None
    body: bytes = b""
    kept: int | None = None
    salt: bytes = b""
    attachments: tuple[AttachmentReference, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgingFacts:
    """What channels know that a policy is made of: the last pin that stands, and the unanswered rejoins by seq."""

    last_pin: DirectoryPin
    rejoins: Mapping[int, RejoinNotice]


class JoinRefused(NodeError):
    """An invitation that charter, roster or directory forbid. Its committer's fault; nothing was joined."""


class Hooks(Protocol):
    """Implemented by whoever gives documents their meaning."""

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        """By what to judge the channel's next commit."""

    def introduction(self, tx: Tx, channel: bytes) -> Introduction:
        """What a joiner of this channel is handed."""

    def joined(self, tx: Tx, channel: bytes, info: JoinInfo) -> None:
        """This node was added to a channel; raise JoinRefused if it must not be."""

    def founded(self, tx: Tx, channel: bytes) -> None:
        """This node's founding commit stands in the log."""

    def founding_lost(self, tx: Tx, channel: bytes) -> None:
        """Another member founded the channel first; its invitation is awaited."""

    def document_arrived(self, tx: Tx, channel: bytes, arrival: Arrival) -> None:
        """A document whose signatures stand; raise VoidDocument if its author may not say this here."""

    def document_void(self, tx: Tx, channel: bytes, arrival: Arrival, reason: Exception) -> None:
        """`document_arrived` refused it; it is recorded and has no effect."""

    def commit_applied(
        self,
        tx: Tx,
        channel: bytes,
        seq: int,
        time: int,
        committer: str,
        added: Sequence[str],
        removed: Sequence[str],
        amendment: bytes | None,
        suspended: Sequence[str] = (),
    ) -> None:
        """The members changed, or a member renewed its keys. A rejoined member stands in both lists.

        `suspended`: those of the removed who stay parties, since nothing but their keys had ended.
        """

    def commit_void(self, tx: Tx, channel: bytes, seq: int, author: str, void: Void) -> None:
        """A commit that the rules forbid was recorded and skipped."""

    def rejoin_seen(self, tx: Tx, channel: bytes, seq: int, rejoin: RejoinNotice) -> None:
        """A member asked to be let in again."""

    def may_let_in(self, tx: Tx, authority: str) -> bool:
        """Whether this node may add the authority, or let it in again: not while a person must confirm its keys."""

    def acknowledged(self, tx: Tx, channel: bytes, acknowledgement: Acknowledgement) -> None:
        """A member's newest acknowledgement, verified and compared with the log."""

    def accepted(self, tx: Tx, channel: bytes, message_id: bytes, receipt: Receipt) -> None:
        """The relay took one of this node's documents; the receipt is verified."""

    def rejected(self, tx: Tx, channel: bytes, message_id: bytes, rejection: Rejection) -> None:
        """The relay signed that it did not take one of this node's documents; that is verified."""

    def keys_destroyed(self, tx: Tx, channel: bytes) -> None:
        """This node can open nothing of the channel any more: it left, or the matter was closed."""

    def halted(self, tx: Tx, channel: bytes, at: Head) -> None:
        """Nothing more is read or sent on the channel; `trouble` tells why."""

    def due(self, tx: Tx, live: Live) -> float | None:
        """Asked at the end of every transaction, before channels send: do what is due, say when to ask again.

        Unix seconds, or None. A new directory is noticed here too.
        """

    def remind(self, tx: Tx, clocks: RelayClocks) -> float | None:
        """Asked at the end of every transaction, once channels are read: remind of what is due, say when to ask again.

        Unix seconds by this node's clock, or None.
        """

    def trouble(self, tx: Tx, channel: bytes | None, code: Trouble, explanation: str) -> None:
        """Something that an officer must know."""
