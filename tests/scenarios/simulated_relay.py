"""A relay in memory that does as PROTOCOL.md says, frame by frame and without sockets.

Dishonest relays are subclasses: each decision that a relay could take otherwise is a method of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rogatory.keys.directory.directory import Directory
from rogatory.keys.identity import RelayKeys
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import DirectoryPin, access_digest, decode_declaration
from rogatory.protocol.frames.client import (
    Acknowledge,
    Append,
    ClaimKeyPackages,
    ClientFrame,
    Credit,
    FetchChannels,
    FetchHeaders,
    InvitationsTaken,
    Joiner,
    PublishKeyPackages,
    Resume,
)
from rogatory.protocol.frames.codec import decode_client_frame, decode_server_frame, encode_frame
from rogatory.protocol.frames.server import (
    Accepted,
    Acknowledgements,
    Channels,
    Claimed,
    ClaimedPackage,
    Code,
    DirectoryChanged,
    Entries,
    Entry,
    HeaderLine,
    Headers,
    Invited,
    Published,
    Ready,
    Refused,
    Resumed,
    ServerFrame,
    StockLow,
)
from rogatory.protocol.header import Form, Head, body_hash, genesis, next_header
from rogatory.protocol.limits import (
    APPENDS_IN_FLIGHT,
    DELIVERY_WINDOW,
    MAX_APPLICATION,
    MAX_CHANNELS_PER_FRAME,
    MAX_COMMIT,
    MAX_HEADERS_PER_FRAME,
)
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.message import peek
from rogatory.protocol.receipt import Receipt, Stamped, issue

PAGE = 100
"""Entries in one frame."""


@dataclass(slots=True)
class Stored:
    """A log entry as the relay keeps it; `body` goes after retention."""

    seq: int
    author: str
    form: Form
    time: int
    body: bytes | None
    body_hash: bytes
    head: bytes
    receipt: Receipt


@dataclass(slots=True)
class Membership:
    """Which bodies a member may read."""

    first: int
    until: int | None = None


@dataclass(slots=True)
class Removal:
    """Members that commit `seq` leaves off the list: it counts once `missing` more of the electors acknowledge it."""

    seq: int
    members: set[str]
    electors: set[str]
    missing: int


@dataclass(slots=True)
class Log:
    """A channel."""

    id: bytes
    entries: list[Stored] = field(default_factory=list)
    last_commit: int = 0
    access: list[str] = field(default_factory=list)
    memberships: dict[str, Membership] = field(default_factory=dict)
    removals: list[Removal] = field(default_factory=list)
    acknowledgements: dict[str, Acknowledgement] = field(default_factory=dict)

    def serves(self, authority: str) -> bool:
        """Whether it reads and writes: `access` is what was declared last, and a removal takes its time."""
        membership = self.memberships.get(authority)
        return membership is not None and membership.until is None

    @property
    def head(self) -> Head:
        """Where it ends."""
        return Head(len(self.entries), self.entries[-1].head) if self.entries else genesis(self.id)


@dataclass(slots=True)
class Line:
    """A session with a node: frames for it, and how far each channel was delivered."""

    authority: str
    outgoing: list[bytes] = field(default_factory=list)
    cursors: dict[bytes, int] = field(default_factory=dict)
    closed: set[bytes] = field(default_factory=set)
    outstanding: int = 0


class SimulatedRelay:
    """See the module's text. `directory()` is what the relay mirrors now, `now()` in Unix seconds."""

    def __init__(self, keys: RelayKeys, directory: Callable[[], Directory], now: Callable[[], float]) -> None:
        self.id = keys.relay
        self.keys = keys
        self.directory = directory
        self.now = now
        self.logs: dict[bytes, Log] = {}
        self.lines: dict[str, Line] = {}
        self.packages: dict[str, list[bytes]] = {}
        self.published: dict[str, set[bytes]] = {}
        """Every key package that was ever in stock: what was handed out once is not taken again."""
        self.last_resort: dict[str, bytes] = {}
        self.invitations: dict[str, list[Invited]] = {}
        self.seen: list[ClientFrame] = []
        """Every frame received, for tests that look at what the relay sees."""
        self._last_id = 0

    # The two ends of a link

    def connect(self, authority: str) -> Ready:
        """A session of an authority, replacing the one before."""
        line = self.lines[authority] = Line(authority)
        ready = Ready(
            time=int(self.now() * 1000),
            stock=len(self.packages.get(authority, [])),
            last_resort=authority in self.last_resort,
            directory=bytes(32),
            max_application=MAX_APPLICATION,
            max_commit=MAX_COMMIT,
            appends_in_flight=APPENDS_IN_FLIGHT,
            delivery_window=DELIVERY_WINDOW,
        )
        for invited in self.invitations.get(authority, []):
            self.put(line, invited)
        return ready

    def disconnect(self, authority: str) -> None:
        """The link is lost, with all that was under way on it."""
        self.lines.pop(authority, None)

    def take(self, authority: str) -> list[ServerFrame]:
        """What waits for a node, as one batch off the wire."""
        line = self.lines.get(authority)
        if line is None:
            return []
        waiting, line.outgoing = line.outgoing, []
        return [decode_server_frame(data) for data in waiting]

    def handle(self, authority: str, frame: ClientFrame) -> None:
        """A frame of a node."""
        line = self.lines.get(authority)
        if line is None:
            return
        frame = decode_client_frame(encode_frame(frame))
        self.seen.append(frame)
        match frame:
            case Append():
                self.append(line, frame)
            case Resume():
                self.resume(line, frame)
            case FetchHeaders():
                self.fetch_headers(line, frame)
            case FetchChannels():
                self.fetch_channels(line, frame)
            case Acknowledge():
                self.acknowledge(line, frame.acknowledgement)
            case Credit():
                line.outstanding -= frame.amount
                self.deliver_all(line)
            case PublishKeyPackages():
                self.publish(line, frame)
            case ClaimKeyPackages():
                self.claim(line, frame)
            case InvitationsTaken():
                kept = self.invitations.get(authority, [])
                self.invitations[authority] = [each for each in kept if each.id not in frame.ids]

    def directory_changed(self) -> None:
        """Tell all nodes that another bundle is mirrored."""
        for line in self.lines.values():
            self.put(line, DirectoryChanged(bytes(32)))

    # Appends

    def append(self, line: Line, frame: Append) -> None:
        """Take an entry, or refuse it; after a refusal the channel must be resumed."""
        if frame.channel in line.closed:
            self.put(line, Refused(frame.ref, Code.NOT_RESUMED, "resume first"))
            return
        log = self.logs.get(frame.channel)
        known = None if log is None else self.find(log, frame.body)
        if known is not None:
            self.put(line, Accepted(frame.ref, known.receipt, True))
            return
        refusal = self.judge(line, log, frame)
        if refusal is not None:
            line.closed.add(frame.channel)
            self.put(line, refusal)
            return
        if log is None:
            log = self.logs[frame.channel] = Log(frame.channel)
        stored = self.store(log, line.authority, frame)
        self.put(line, Accepted(frame.ref, stored.receipt))
        self.broadcast(log)

    def find(self, log: Log, body: bytes) -> Stored | None:
        """The entry that this body is already, checked before anything else."""
        wanted = body_hash(body)
        return next((entry for entry in log.entries if entry.body_hash == wanted), None)

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """Why an append is refused, if it is."""
        author = line.authority
        clear = peek(frame.body) if frame.form is Form.MLS else None
        commit = clear is not None and clear.content_type is ContentType.COMMIT
        declaration = None if clear is None else decode_declaration(clear.authenticated_data)
        if declaration is not None and self.is_behind(frame.channel, declaration.directory):
            return Refused(frame.ref, Code.DIRECTORY_BEHIND, "the pinned directory is not mirrored here")
        if log is None:
            roster = self.directory().roster_of_channel(frame.channel)
            if frame.base != 0 or frame.form is Form.REJOIN:
                return Refused(frame.ref, Code.UNKNOWN_CHANNEL, "no such channel")
            if roster is not None and author not in {seat.authority for seat in roster.coordinators}:
                return Refused(frame.ref, Code.RESERVED_CHANNEL, "a coordinator founds it")
            access = declaration.access if commit and declaration is not None else None
            if access is None or author not in access:
                return Refused(frame.ref, Code.MALFORMED, "a founding commit declares its access list")
            return None
        if not log.serves(author):
            return Refused(frame.ref, Code.NOT_A_MEMBER, "not on the access list")
        if frame.base == 0:
            return Refused(frame.ref, Code.CHANNEL_EXISTS, "founded already")
        if frame.base != log.last_commit:
            return Refused(frame.ref, Code.STALE_BASE, "read on", log.last_commit)
        if frame.invitation is not None and declaration is not None and declaration.seen.seq != log.head.seq:
            return Refused(frame.ref, Code.STALE_BASE, "its joiners would miss entries", log.last_commit)
        return None

    def is_behind(self, channel: bytes, pin: DirectoryPin) -> bool:
        """Whether an entry pins what is not mirrored here."""
        directory = self.directory()
        roster = directory.roster_of_channel(channel)
        network = 0 if roster is None else directory.network_versions[roster.id]
        return pin.targets > directory.targets_version or pin.network > network

    def store(self, log: Log, author: str, frame: Append) -> Stored:
        """Append the entry, with the invitation of its joiners."""
        header = next_header(log.id, log.head, author, frame.form, body_hash(frame.body))
        time = int(self.now() * 1000)
        receipt = self.receipt(log, header.seq, header.hash(), time)
        stored = Stored(header.seq, author, frame.form, time, frame.body, header.body_hash, header.hash(), receipt)
        log.entries.append(stored)
        if frame.form is Form.MLS and peek(frame.body).content_type is ContentType.COMMIT:
            log.last_commit = stored.seq
            access = decode_declaration(peek(frame.body).authenticated_data).access
            if access is not None:
                self.take_over_access(log, access, stored.seq, author)
        for joiner in _joiners(frame):
            assert frame.invitation is not None
            self._last_id += 1
            invited = Invited(self._last_id, log.id, stored.seq, author, time, frame.invitation.info, joiner.secrets)
            self.invitations.setdefault(joiner.authority, []).append(invited)
            if joiner.authority in self.lines:
                self.put(self.lines[joiner.authority], invited)
        return stored

    def receipt(self, log: Log, seq: int, head: bytes, time: int) -> Receipt:
        """Signed for one database commit."""
        return issue(self.id, [Stamped(log.id, seq, head, time)], self.keys.receipt.sign)[0]

    def take_over_access(self, log: Log, access: list[str], seq: int, author: str) -> None:
        """The access list that a commit declares: additions at once, removals once the others acknowledge it."""
        before, after = set(log.access), set(access)
        log.access = access
        for authority in after - {each for each in log.memberships if log.serves(each)}:
            log.memberships[authority] = Membership(seq)
        for removal in log.removals:
            removal.members -= after
        if before - after:
            electors = (before & after) - {author} or before - after
            log.removals.append(Removal(seq, before - after, electors, len(electors) // 2 + 1))

    def count(self, log: Log, after: int, acknowledgement: Acknowledgement) -> None:
        """An acknowledgement counts for the removals that it is the first of its member to cover."""
        for removal in log.removals:
            if removal.seq <= after or not acknowledgement.covers(removal.seq):
                continue
            if acknowledgement.member in removal.electors:
                removal.missing -= 1
            if removal.missing == 0:
                for authority in removal.members:
                    log.memberships[authority].until = log.head.seq
        log.removals = [removal for removal in log.removals if removal.missing > 0 and removal.members]

    # Delivery

    def resume(self, line: Line, frame: Resume) -> None:
        """Deliver from there, and take appends again."""
        line.closed.discard(frame.channel)
        log = self.logs.get(frame.channel)
        membership = None if log is None else log.memberships.get(line.authority)
        if log is None or membership is None:
            code = Code.UNKNOWN_CHANNEL if log is None else Code.NOT_A_MEMBER
            self.put(line, Refused(frame.ref, code, "no such channel for you"))
            return
        self.put(line, self.resumed(line, log, membership, frame))
        line.cursors[frame.channel] = frame.after
        self.deliver(line, log)
        others = [each for member, each in log.acknowledgements.items() if member != line.authority]
        self.tell_acknowledgements(line, log, others)

    def resumed(self, line: Line, log: Log, membership: Membership, frame: Resume) -> Resumed:
        """What the relay says of a channel."""
        head = log.head
        return Resumed(
            frame.ref,
            log.id,
            head.seq,
            head.hash,
            log.last_commit,
            self.access_told(line, log),
            membership.first,
            membership.until,
        )

    def access_told(self, line: Line, log: Log) -> bytes:
        """The digest of the access list that is served."""
        return access_digest(log.access)

    def broadcast(self, log: Log) -> None:
        """Deliver what is new to every member that follows."""
        for line in self.lines.values():
            self.deliver(line, log)

    def deliver_all(self, line: Line) -> None:
        """Go on where the window was full."""
        for channel in list(line.cursors):
            self.deliver(line, self.logs[channel])

    def deliver(self, line: Line, log: Log) -> None:
        """Deliver pages to one session while its window has room."""
        cursor, membership = line.cursors.get(log.id), log.memberships.get(line.authority)
        if cursor is None or membership is None:
            return
        last = log.head.seq if membership.until is None else membership.until
        while cursor < last and line.outstanding < DELIVERY_WINDOW:
            page = log.entries[cursor : min(cursor + PAGE, last)]
            entries = [self.shown(line, log, membership, stored) for stored in page]
            cursor = line.cursors[log.id] = page[-1].seq
            line.outstanding += sum(128 + len(entry.body or b"") for entry in entries)
            self.put(line, Entries(log.id, entries, page[-1].head))

    def shown(self, line: Line, log: Log, membership: Membership, stored: Stored) -> Entry:
        """An entry for one reader: its own without the body, and none before it was a member."""
        own = stored.author == line.authority
        readable = stored.seq >= membership.first and not own
        body = stored.body if readable else None
        return Entry(
            stored.seq,
            stored.author,
            stored.form,
            stored.time,
            body,
            stored.body_hash if body is None else None,
        )

    def fetch_headers(self, line: Line, frame: FetchHeaders) -> None:
        """Headers of the whole log are for every member."""
        log = self.logs[frame.channel]
        wanted = log.entries[frame.after : min(frame.until, frame.after + MAX_HEADERS_PER_FRAME)]
        lines = [HeaderLine(each.author, each.form, each.body_hash) for each in wanted]
        self.put(line, Headers(frame.ref, frame.channel, frame.after, lines))

    def fetch_channels(self, line: Line, frame: FetchChannels) -> None:
        """Channels of which it is a member, without those into which an invitation waits."""
        waiting = {invited.channel for invited in self.invitations.get(line.authority, [])}
        found = sorted(log.id for log in self.logs.values() if log.serves(line.authority))
        after = [channel for channel in found if channel > frame.after and channel not in waiting]
        self.put(line, Channels(frame.ref, after[:MAX_CHANNELS_PER_FRAME]))

    # Acknowledgements and key packages

    def acknowledge(self, line: Line, acknowledgement: Acknowledgement) -> None:
        """Keep the newest, and pass it on."""
        log = self.logs.get(acknowledgement.channel)
        if log is None or acknowledgement.member != line.authority:
            return
        before = log.acknowledgements.get(line.authority)
        if before is not None and before.seq >= acknowledgement.seq:
            return
        log.acknowledgements[line.authority] = acknowledgement
        self.count(log, 0 if before is None else before.seq, acknowledgement)
        for other in self.lines.values():
            if other is not line and log.id in other.cursors:
                self.tell_acknowledgements(other, log, [acknowledgement])

    def tell_acknowledgements(self, line: Line, log: Log, current: list[Acknowledgement]) -> None:
        """Pass acknowledgements of other members on."""
        if current:
            self.put(line, Acknowledgements(log.id, current))

    def publish(self, line: Line, frame: PublishKeyPackages) -> None:
        """Store key packages."""
        stock, published = self._stock(line.authority), self.published.setdefault(line.authority, set())
        if frame.replace:
            published.difference_update(stock)
            stock.clear()
        for package in frame.packages:
            if package not in published:
                published.add(package)
                stock.append(package)
        if frame.last_resort is not None:
            self.last_resort[line.authority] = frame.last_resort
        self.put(line, Published(frame.ref, len(stock)))

    def _stock(self, authority: str) -> list[bytes]:
        return self.packages.setdefault(authority, [])

    def claim(self, line: Line, frame: ClaimKeyPackages) -> None:
        """Hand out one key package of each authority."""
        found: list[ClaimedPackage] = []
        for authority in frame.authorities:
            package = self.hand_out(authority)
            if package is not None:
                found.append(package)
            owner = self.lines.get(authority)
            left = len(self.packages.get(authority, []))
            if owner is not None and (left < 20 or (package is not None and package.last_resort)):
                self.put(owner, StockLow(left, package is not None and package.last_resort))
        missing = [each for each in frame.authorities if each not in {package.authority for package in found}]
        self.put(line, Claimed(frame.ref, found, missing))

    def hand_out(self, authority: str) -> ClaimedPackage | None:
        """A key package: each once, then the one of last resort."""
        packages = self.packages.get(authority, [])
        if packages:
            return ClaimedPackage(authority, packages.pop(0), False)
        last = self.last_resort.get(authority)
        return None if last is None else ClaimedPackage(authority, last, True)

    def put(self, line: Line, frame: ServerFrame) -> None:
        """Queue a frame for a node."""
        line.outgoing.append(encode_frame(frame))


def _joiners(frame: Append) -> list[Joiner]:
    return [] if frame.invitation is None else list(frame.invitation.joiners)
