"""Frames that a relay sends."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.bounds import Listed, Milliseconds, Number
from rogatory.protocol.frames.base import Frame
from rogatory.protocol.header import Form
from rogatory.protocol.receipt import Receipt, ReceiptInvalid, Receipts
from rogatory.protocol.rejection import Rejection
from rogatory.protocol.text import message


class Code(StrEnum):
    """Why something was refused; each names whose fault it is in PROTOCOL.md."""

    STALE_BASE = "stale_base"
    DIRECTORY_BEHIND = "directory_behind"
    NOT_RESUMED = "not_resumed"
    UNKNOWN_CHANNEL = "unknown_channel"
    NOT_A_MEMBER = "not_a_member"
    CHANNEL_EXISTS = "channel_exists"
    RESERVED_CHANNEL = "reserved_channel"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    TOO_MANY_IN_FLIGHT = "too_many_in_flight"
    MISSING_BLOB = "missing_blob"
    QUOTA = "quota"
    RATE = "rate"
    NOT_ENROLLED = "not_enrolled"
    BAD_PROOF = "bad_proof"
    UNSUPPORTED_VERSION = "unsupported_version"
    REPLACED = "replaced"
    TIMEOUT = "timeout"
    SHUTTING_DOWN = "shutting_down"
    UNAVAILABLE = "unavailable"


class Challenge(Frame, frozen=True, tag="challenge"):
    """The relay's answer to Hello: who it is, proven by its identity key over both nonces and the connection."""

    version: Number
    relay: str
    nonce: bytes
    signature: bytes


class Ready(Frame, frozen=True, tag="ready"):
    """The session stands. `stock`: key packages left; `directory`: SHA-256 of the mirrored directory bundle;
    `time`: the relay's clock, Unix milliseconds; the rest are this relay's limits (sizes in bytes)."""

    time: Milliseconds
    stock: Number
    last_resort: bool
    directory: bytes
    max_application: Number
    max_commit: Number
    appends_in_flight: Number
    delivery_window: Number


class Accepted(Frame, frozen=True, tag="accepted"):
    """The entry stands in the log, durably, at `receipt.seq`; `repeated` if it stood there before."""

    ref: Number
    receipt: Receipt
    repeated: bool = False


class AcceptedTogether(Frame, frozen=True, tag="accepted_together"):
    """Several entries of this session, accepted in one commit: `refs` and `receipts.stamped` in the same order.

    `repeated`: refs of those that stood there before.
    """

    refs: Listed[Number]
    repeated: Listed[Number]
    receipts: Receipts

    def each(self) -> list[Accepted]:
        """The answers one by one. Raises ReceiptInvalid."""
        receipts = self.receipts.each()
        if len(self.refs) != len(receipts):
            raise ReceiptInvalid(message("the relay accepted appends without a receipt for each"))
        repeated = set(self.repeated)
        return [Accepted(ref, receipt, ref in repeated) for ref, receipt in zip(self.refs, receipts, strict=True)]


class Refused(Frame, frozen=True, tag="refused"):
    """A request of the node was refused; nothing changed. `last_commit` is given with STALE_BASE."""

    ref: Number
    code: Code
    explanation: str
    last_commit: Number | None = None


class Resumed(Frame, frozen=True, tag="resumed"):
    """The channel as the relay holds it: its head, last commit entry, and digest of the access list that it serves.

    `first`: the first seq whose body this member may read; `until`: the last one, if it was removed.
    """

    ref: Number
    channel: bytes
    seq: Number
    head: bytes
    last_commit: Number
    access: bytes
    first: Number
    until: Number | None = None


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A log entry. `body` is absent for the reader's own entries and after retention; then `body_hash` stands."""

    seq: Number
    author: str
    form: Form
    time: Milliseconds
    body: bytes | None
    body_hash: bytes | None = None


class Entries(Frame, frozen=True, tag="entries"):
    """Consecutive entries of one channel, and the head after the last of them."""

    channel: bytes
    entries: Listed[Entry]
    head: bytes


class HeaderLine(msgspec.Struct, frozen=True, array_like=True):
    """What of a header is not told by its place in the log."""

    author: str
    form: Form
    body_hash: bytes


class Headers(Frame, frozen=True, tag="headers"):
    """Headers from seq `after` + 1 on."""

    ref: Number
    channel: bytes
    after: Number
    headers: Listed[HeaderLine]


class Channels(Frame, frozen=True, tag="channels"):
    """Ids of channels, ascending, of which this authority is a member and into which no invitation waits for it.

    Empty after the last one.
    """

    ref: Number
    channels: Listed[bytes]


class Acknowledgements(Frame, frozen=True, tag="acknowledgements"):
    """Other members' current acknowledgements of one channel."""

    channel: bytes
    acknowledgements: Listed[Acknowledgement]


class Published(Frame, frozen=True, tag="published"):
    """The key packages are stored; `stock` are left now."""

    ref: Number
    stock: Number


class ClaimedPackage(msgspec.Struct, frozen=True, array_like=True):
    """A key package of `authority`, handed out for this claim alone unless it is the last resort."""

    authority: str
    key_package: bytes
    last_resort: bool


class Claimed(Frame, frozen=True, tag="claimed"):
    """The key packages that there were; `missing` authorities have none here."""

    ref: Number
    packages: Listed[ClaimedPackage]
    missing: Listed[str]


class StockLow(Frame, frozen=True, tag="stock_low"):
    """Key packages are running out; `last_resort_used` asks for a new one of last resort too."""

    stock: Number
    last_resort_used: bool


class Invited(Frame, frozen=True, tag="invited"):
    """This authority was added to `channel` by the commit at `seq`; repeated until taken."""

    id: Number
    channel: bytes
    seq: Number
    author: str
    time: Milliseconds
    info: bytes
    secrets: bytes


class DirectoryChanged(Frame, frozen=True, tag="directory_changed"):
    """The relay mirrors another bundle now; `digest` is its SHA-256."""

    digest: bytes


class Token(Frame, frozen=True, tag="token"):
    """To be sent as `Authorization: Bearer <token>` with requests for blobs, until `expires`."""

    ref: Number
    token: str
    expires: Milliseconds

    def __repr__(self) -> str:
        return f"<Token until {self.expires}>"


class Rejected(Frame, frozen=True, tag="rejected"):
    """Follows `refused` for some reasons: the relay signs that it did not take an entry, and why."""

    rejection: Rejection


class Goodbye(Frame, frozen=True, tag="goodbye"):
    """The relay closes the connection after this; the node may come back as PROTOCOL.md says for `code`."""

    code: Code
    explanation: str


ServerFrame = (
    Entries
    | Accepted
    | AcceptedTogether
    | Acknowledgements
    | Refused
    | Resumed
    | Headers
    | Channels
    | Published
    | Claimed
    | StockLow
    | Invited
    | DirectoryChanged
    | Token
    | Rejected
    | Goodbye
    | Challenge
    | Ready
)
