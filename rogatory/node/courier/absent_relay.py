"""A relay as its courier file shows it: what it held at one moment, asked as if it were there.

The core speaks to it as to any relay. What the file answers is answered at once; what it does not is what the node's
next file has to carry. So of a journey nothing need be remembered but what the relay said: the core makes all frames
anew, with the same bytes.
"""

from __future__ import annotations

import msgspec

from rogatory.keys.courier import request_digest, without_ref
from rogatory.protocol.frames.client import (
    Append,
    ClaimKeyPackages,
    ClientFrame,
    Credit,
    FetchChannels,
    FetchHeaders,
    InvitationsTaken,
    Resume,
)
from rogatory.protocol.frames.codec import decode_server_frame
from rogatory.protocol.frames.server import (
    Acknowledgements,
    Channels,
    Claimed,
    ClaimedPackage,
    Entries,
    HeaderLine,
    Headers,
    Invited,
    Ready,
    Resumed,
    ServerFrame,
)
from rogatory.protocol.limits import MAX_CHANNELS_PER_FRAME, MAX_HEADERS_PER_FRAME


class Snapshot(msgspec.Struct):
    """What is kept between files. `taken`: invitations that the relay has not been told of as taken."""

    ready: Ready | None = None
    resumed: dict[bytes, Resumed] = {}
    packages: dict[str, ClaimedPackage] = {}
    taken: list[int] = []


class AbsentRelay:
    """Answers the core's frames from a snapshot, and from a file that is read through once, in its order."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._kept = snapshot
        self._resumed = dict(snapshot.resumed)
        self._packages = dict(snapshot.packages)
        self._ready = snapshot.ready
        self._answers: dict[bytes, bytes] = {}
        self._unanswered: dict[int, ClientFrame] = {}
        self._resumes: dict[bytes, int] = {}
        self._cursors: dict[bytes, int] = {}
        self._lines: dict[bytes, list[HeaderLine]] = {}
        self._named: list[bytes] | None = None
        self._awaiting_names: list[FetchChannels] = []
        self._taken: list[int] = []
        self._last = 0

    # What the core sends

    def ask(self, frame: ClientFrame) -> list[ServerFrame]:
        """What is known at once in answer to `frame`."""
        match frame:
            case Credit():
                return []
            case FetchChannels():
                self._awaiting_names.append(frame)
                return self.names() if self._named is not None else []
            case FetchHeaders():
                return self._headers(frame)
            case ClaimKeyPackages():
                return self._claim(frame)
            case InvitationsTaken():
                self._taken += frame.ids
                return []
            case _:
                return self._answer(frame)

    def _answer(self, frame: ClientFrame) -> list[ServerFrame]:
        encoded = self._answers.pop(request_digest(without_ref(frame)), None)
        if encoded is not None:
            return [_with_ref(decode_server_frame(encoded), frame)]
        if isinstance(frame, Resume):
            self._resumes[frame.channel] = number = self._keep(frame)
            return self._resume(number)
        if isinstance(frame, Append) and frame.invitation is not None:
            for joiner in frame.invitation.joiners:  # handed out for one commit (RFC 9420 section 10)
                self._packages.pop(joiner.authority, None)
        self._keep(frame)
        return []

    def _keep(self, frame: ClientFrame) -> int:
        self._last += 1
        self._unanswered[self._last] = frame
        return self._last

    def _resume(self, number: int) -> list[ServerFrame]:
        frame = self._unanswered[number]
        assert isinstance(frame, Resume)
        resumed = self._resumed.get(frame.channel)
        # A file that is older than what this node has read over a link since is no sign of a log set back.
        if resumed is None or resumed.seq < frame.after:
            return []
        self._cursors[frame.channel] = frame.after
        return [msgspec.structs.replace(resumed, ref=frame.ref)]

    def _headers(self, frame: FetchHeaders) -> list[ServerFrame]:
        until = min(frame.until, frame.after + MAX_HEADERS_PER_FRAME)
        lines = self._lines.get(frame.channel, [])[frame.after : until]
        return [Headers(frame.ref, frame.channel, frame.after, lines)] if lines else []

    def _claim(self, frame: ClaimKeyPackages) -> list[ServerFrame]:
        missing = [each for each in frame.authorities if each not in self._packages]
        if missing:
            self._keep(ClaimKeyPackages(frame.ref, missing))
            return []
        return [Claimed(frame.ref, [self._packages[each] for each in frame.authorities], [])]

    # What the file holds

    def answered(self, digest: bytes, frame: bytes) -> None:
        """The relay's answer to a request of an earlier file."""
        decoded = decode_server_frame(frame)
        if isinstance(decoded, Claimed):
            self._packages |= {package.authority: package for package in decoded.packages}
        else:
            self._answers[digest] = frame

    def show(self, frame: ServerFrame) -> list[ServerFrame]:
        """What the core is to be told, now that the file says this."""
        match frame:
            case Ready():
                self._ready = frame
            case Channels():
                self._named = [*(self._named or []), *frame.channels]
            case Headers():
                lines = self._lines.setdefault(frame.channel, [])
                if frame.after == len(lines):
                    lines += frame.headers
            case Resumed():
                self._resumed[frame.channel] = frame
                if frame.channel in self._resumes:
                    return self._resume(self._resumes[frame.channel])
            case Entries():
                return self._entries(frame)
            case Invited() | Acknowledgements():
                return [frame]
            case _:
                pass
        return []

    def names(self) -> list[ServerFrame]:
        """At the file's end, when invitations have been looked at: the channels that the relay named."""
        named = self._named = sorted(self._named or [])
        asked, self._awaiting_names = self._awaiting_names, []
        return [
            Channels(each.ref, [name for name in named if name > each.after][:MAX_CHANNELS_PER_FRAME]) for each in asked
        ]

    def _entries(self, frame: Entries) -> list[ServerFrame]:
        cursor = self._cursors.get(frame.channel)
        if cursor is None:
            return []
        entries = [entry for entry in frame.entries if entry.seq > cursor]
        if not entries or entries[0].seq != cursor + 1:  # the relay took another file to be this node's newest
            return []
        self._cursors[frame.channel] = entries[-1].seq
        return [Entries(frame.channel, entries, frame.head)]

    # What is left

    def to_carry(self) -> list[ClientFrame]:
        """What only the relay can answer, in order. Each Resume is, too: it says how far this node has read."""
        taken = [*self._kept.taken, *self._taken]
        notice: list[ClientFrame] = [InvitationsTaken(taken)] if taken else []
        return [*notice, *(frame for _, frame in sorted(self._unanswered.items()))]

    def kept(self, *, imported: bool) -> Snapshot:
        """What is to be kept: a relay repeats, in what is imported, the invitations that it has not been told of."""
        taken = self._taken if imported else [*self._kept.taken, *self._taken]
        return Snapshot(self._ready, self._resumed, self._packages, taken)


def _with_ref(answer: ServerFrame, request: ClientFrame) -> ServerFrame:
    return msgspec.structs.replace(answer, ref=getattr(request, "ref", 0))
