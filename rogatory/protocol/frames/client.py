"""Frames that a node sends."""

from __future__ import annotations

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.bounds import Listed
from rogatory.protocol.frames.base import Frame
from rogatory.protocol.header import Form


class Hello(Frame, frozen=True, tag="hello"):
    """The first frame: who connects, and which versions it speaks, best first."""

    authority: str
    nonce: bytes
    versions: Listed[int]


class Proof(Frame, frozen=True, tag="proof"):
    """The authority's signature over the challenge, with the online key of its key set `key_set`."""

    key_set: int
    signature: bytes


class Joiner(msgspec.Struct, frozen=True, array_like=True):
    """A joiner's own part of an invitation: its EncryptedGroupSecrets (RFC 9420 section 12.4.3.1), encoded."""

    authority: str
    secrets: bytes


class Invitation(msgspec.Struct, frozen=True, array_like=True):
    """The Welcome of a commit, its large part once: `info` is the encrypted GroupInfo with the ratchet tree."""

    info: bytes
    joiners: Listed[Joiner]


class Append(Frame, frozen=True, gc=False, tag="append"):
    """Append an entry. `base` is the seq of the last commit entry that the author has processed; 0 founds the channel.

    `blobs`: ids of the attachments that its document has; who may read the entry may fetch them.
    Answered by Accepted or Refused with the same `ref`. Repeatable: the same body is the same entry.
    """

    ref: int
    channel: bytes
    base: int
    form: Form
    body: bytes
    invitation: Invitation | None = None
    blobs: Listed[bytes] = msgspec.field(default_factory=list)


class Resume(Frame, frozen=True, tag="resume"):
    """Deliver this channel's entries after seq `after`, and take appends on it again. Answered by Resumed."""

    ref: int
    channel: bytes
    after: int


class FetchHeaders(Frame, frozen=True, tag="fetch_headers"):
    """Headers after seq `after`, up to seq `until`. Answered by one Headers frame, perhaps shorter than asked for."""

    ref: int
    channel: bytes
    after: int
    until: int


class FetchChannels(Frame, frozen=True, tag="fetch_channels"):
    """The channels of which this authority is a member, ids above `after`. Answered by one Channels frame."""

    ref: int
    after: bytes


class Acknowledge(Frame, frozen=True, tag="acknowledge"):
    """Not answered; repeated at every connect until the relay's copy is current."""

    acknowledgement: Acknowledgement


class Credit(Frame, frozen=True, tag="credit"):
    """The node has persisted entries that cost `amount` of the delivery window."""

    amount: int


class PublishKeyPackages(Frame, frozen=True, tag="publish"):
    """Key packages (MLSMessage bytes) to be handed out once each, and one of last resort. Answered by Published."""

    ref: int
    packages: Listed[bytes]
    last_resort: bytes | None = None
    replace: bool = False


class ClaimKeyPackages(Frame, frozen=True, tag="claim"):
    """One key package of each authority. Answered by Claimed."""

    ref: int
    authorities: Listed[str]


class InvitationsTaken(Frame, frozen=True, tag="taken"):
    """The node has persisted these invitations; the relay may forget them."""

    ids: Listed[int]


class FetchToken(Frame, frozen=True, tag="fetch_token"):
    """What lets this authority use the relay's blobs over HTTP for a while. Answered by Token."""

    ref: int


ClientFrame = (
    Append
    | Acknowledge
    | Credit
    | Resume
    | FetchHeaders
    | FetchChannels
    | PublishKeyPackages
    | ClaimKeyPackages
    | InvitationsTaken
    | FetchToken
    | Hello
    | Proof
)
