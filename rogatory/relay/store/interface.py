"""What a store does, whatever the database: values that go in and come out, and the `Store` protocol.

Every method that writes answers after its transaction is on disk. Several processes may share one store: what one
commits, the others learn as events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import msgspec

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.frames.client import Invitation
from rogatory.protocol.frames.server import ClaimedPackage, Entry, HeaderLine, Invited
from rogatory.protocol.header import Form, Head
from rogatory.protocol.receipt import Receipts

ACKNOWLEDGEMENTS_TO_ALL: Final = 64
"""Up to as many, every member gets all acknowledgements; beyond, each gets those of what it wrote: else a broadcast
to N members would cost N times N acknowledgements."""


class Lane:
    """The appends of one session on one channel between two resumes.

    Once one is refused, all that were sent after it are, so that order holds (DESIGN section 4). `closed` is set when
    an append is refused before it reaches the store, and stops those that arrive later; `refused` is the store's own.
    """

    __slots__ = ("appender", "closed", "in_flight", "refused")

    def __init__(self, appender: Appender) -> None:
        self.appender = appender
        self.closed = False
        self.refused = False
        self.in_flight = 0


class NewEntry(msgspec.Struct, eq=False, gc=False):
    """An entry to be appended, checked as far as its own bytes allow.

    `access`: the list that a commit declares; `seen`: the seq of the log's last entry as its author held it.
    `blobs`: distinct ids of blobs that its readers may fetch; `ref`: the append's own number, for who appends.
    """

    channel: bytes
    author: str
    base: int
    form: Form
    commit: bool
    body: bytes
    access: list[str] | None
    invitation: Invitation | None
    may_found: bool
    lane: Lane
    seen: int = 0
    blobs: Sequence[bytes] = ()
    ref: int = 0


@dataclass(slots=True, eq=False)
class Answers:
    """What became of one appender's entries in one commit, which is on disk, each list in the order of its appends.

    `receipts` are of the `accepted` ones; `repeated`: the refs of those that stood there before.
    """

    accepted: list[NewEntry] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    receipts: Receipts | None = None
    refused: list[tuple[NewEntry, Exception]] = field(default_factory=list)


class Appender(Protocol):
    """Who appends: told on the event loop, once per commit."""

    def answered(self, answers: Answers) -> None: ...


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel as one member may see it: up to `until` if the member was removed."""

    head: Head
    last_commit: int
    access: bytes
    first: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Consecutive entries as one member may see them, and the hash of the last one's header."""

    entries: list[Entry]
    head: bytes


@dataclass(frozen=True, slots=True)
class Stock:
    """Key packages of an authority that are left."""

    left: int
    last_resort: bool
    last_resort_used: bool


@dataclass(frozen=True, slots=True)
class Quotas:
    """What one authority may keep at the relay, in bytes and pieces."""

    stored_bytes: int
    channels: int
    key_packages: int
    blob_bytes: int = 1 << 40
    blob_size: int = 1 << 37
    blobs: int = 100_000


@dataclass(frozen=True, slots=True)
class BlobPart:
    """Bytes of a blob from `offset` on, as an object of its own in the object store, under this name."""

    offset: int
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob of `size` bytes, of which `received` have come; whole when these are the same."""

    size: int
    received: int


class BlobReference(NamedTuple):
    """The entry at `seq` of the channel refers to the blob."""

    blob: bytes
    channel: bytes
    seq: int


# Events: what a commit changed that sessions want to know at once.


@dataclass(slots=True)
class Advance:
    """A channel's log went on. `entries` in full; None where another process wrote them: read them.

    `access_changed`: a commit declared another access list.
    """

    channel: bytes
    before: int
    head: Head
    entries: list[Entry] | None = field(default_factory=list)
    access_changed: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Members acknowledged; `acknowledgements` are encoded, `authors` wrote what they newly cover.

    No acknowledgements: there may be new ones, read them.
    """

    channel: bytes
    acknowledgements: list[bytes]
    authors: set[str]


@dataclass(frozen=True, slots=True)
class InvitationsWaiting:
    """Invitations came in for this authority."""

    authority: str


@dataclass(frozen=True, slots=True)
class StockTaken:
    """A key package of this authority was handed out."""

    authority: str
    stock: Stock


@dataclass(frozen=True, slots=True)
class Entered:
    """A session of this authority stands at another process, of a higher number than any before it."""

    authority: str
    session: int


@dataclass(frozen=True, slots=True)
class Missed:
    """What others committed was not followed for too long: who reads from this process begins anew."""


Event = Advance | Acknowledged | InvitationsWaiting | StockTaken | Entered | Missed


class Store(Protocol):
    """Raises Refusal where a rule is broken, with UNAVAILABLE where the database cannot be written just now."""

    def listen(
        self, listener: Callable[[list[Event]], None], followers: Callable[[bytes], int] = lambda channel: 0
    ) -> None:
        """Call `listener` on the event loop after every commit that changed something for others.

        `followers`: how many read a channel here. What another process wrote there is read once for all of them.
        """

    @property
    def writable(self) -> bool:
        """Whether the last attempt to write went well."""

    async def enter(self, authority: str) -> int:
        """A session of this authority begins here; its number, above that of every one before. Other processes are
        told (Entered)."""

    # Channels

    def append(self, entry: NewEntry) -> None:
        """Append it soon, together with what else waits; `entry.lane.appender` is told. Never raises.

        No authority waits for long because another one appends much (`store.fairness`).
        """

    async def view(self, channel: bytes, authority: str) -> ChannelView: ...

    async def entries(self, channel: bytes, authority: str, after: int, room: int) -> Page:
        """Entries after seq `after` that cost at most `room` bytes of the delivery window, or one that costs more."""

    async def headers(self, channel: bytes, authority: str, after: int, until: int) -> list[HeaderLine]: ...

    async def memberships(self, authority: str, after: bytes) -> list[bytes]:
        """Ids above `after` of channels that it is a member of and not invited to just now, ascending, a page."""

    # Acknowledgements

    async def acknowledge(self, verified: Sequence[Acknowledgement]) -> list[Acknowledgement]:
        """Store those that say what the log says; return those whose head is not the log's."""

    async def acknowledgements(self, channel: bytes, authority: str, after: str) -> list[tuple[str, bytes]]:
        """Encoded ones of members after `after`, by member, a page; not its own.

        Where there are more than ACKNOWLEDGEMENTS_TO_ALL, only those that cover something that this member wrote.
        """

    # Key packages and invitations

    async def publish(self, authority: str, packages: list[bytes], last_resort: bytes | None, replace: bool) -> int: ...

    async def claim(self, authorities: Sequence[str]) -> list[ClaimedPackage]: ...

    async def stock(self, authority: str) -> Stock: ...

    async def next_invitation(self, authority: str, after: int) -> Invited | None: ...

    async def take_invitations(self, authority: str, ids: Sequence[int]) -> None: ...

    # Blobs: their bytes stand in an object store, here stands what they are and who may read them

    async def create_blob(self, authority: str, blob: bytes, size: int) -> Blob:
        """An upload of its owner, begun now or before. Raises QUOTA, TOO_LARGE; MALFORMED if it is another's or of
        another size."""

    async def uploaded_blob(self, authority: str, blob: bytes) -> Blob:
        """How far an own upload is. Raises MISSING_BLOB, also for another's."""

    async def add_part(self, authority: str, blob: bytes, part: BlobPart) -> Blob:
        """A part is in the object store. Raises MISSING_BLOB; MALFORMED unless it begins where the last one ended."""

    async def readable_blob(self, authority: str, blob: bytes) -> Blob:
        """A whole blob that it may read: its own, or one of an entry that it may read (`log.readable`).

        Raises MISSING_BLOB; it does not tell whether there is one that others may read.
        """

    async def blob_parts(self, blob: bytes, first: int, last: int) -> list[BlobPart]:
        """The parts that hold bytes `first` to `last`, in order, a page: at least the first of them."""

    async def blob_references(self, authority: str, after: int) -> tuple[list[BlobReference], int]:
        """References to blobs of others, of entries that it may read, among some with numbers above `after`.

        Also the last number looked at, 0 at the end.
        """

    async def drop_blob(self, authority: str, blob: bytes) -> None:
        """Give up an own blob that no entry refers to: `doomed_blobs` names it. Repeatable."""

    async def sweep_references(self, after: int, entered_before: int) -> int:
        """Forget references of entries that are older than that time and whose bodies are gone, among some with numbers
        above `after`; returns the last number looked at, 0 at the end."""

    async def doom_blobs(self, untouched_since: int) -> int:
        """Doom some blobs of which nothing came since that time and to which nothing refers; repeat until 0."""

    async def doomed_blobs(self) -> list[bytes]:
        """Some doomed blobs: nobody can read them, and they count for no quota. Their objects are to be deleted."""

    async def forget_blob(self, blob: bytes) -> None:
        """The objects of a doomed blob are gone."""

    # Upkeep

    async def mark_coverage(self) -> int:
        """Note what all members have acknowledged; returns the number of channels looked at. Repeat until 0."""

    async def delete_expired(self, covered_before: int, stored_before: int) -> int:
        """Delete bodies covered, or stored, before these times; returns how many rows went. Repeat until 0."""

    async def scrub(self) -> None:
        """Make sure that what was deleted is gone from the disk, journals included."""

    async def probe(self) -> None:
        """Write something; raises Refusal with UNAVAILABLE, also for a file that was found damaged."""

    async def close(self) -> None: ...
