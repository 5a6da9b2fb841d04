"""The directory's whole history in one file, and what it proves: what was published when.

MessagePack like a bundle: every root, snapshot, targets and network version and every document that was ever
published, and the newest timestamp. When a version was published is what the publisher signed in its snapshot.
Entries carry their own past, so the newest directory says which keys were in force as of a version; the chronicle adds
the times, and shows that no version contradicts another.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from tuf.api.metadata import Snapshot

from rogatory.keys.directory.assemble import Mirror, assemble, follow_roots, metadata_file, read_snapshot, verified
from rogatory.keys.directory.bundle import MAX_FILE_BYTES, MAX_NAME_LENGTH
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.history import check_succession
from rogatory.keys.directory.reading import ROOT_FIELD, published_at
from rogatory.keys.errors import EntryMismatch, IncompleteBundle, MalformedBundle
from rogatory.protocol.text import message

MAX_HISTORY_BYTES = 512 * 1024 * 1024
_FORMAT = "rogatory directory history 1"
_SNAPSHOT = re.compile(r"\Ametadata/([1-9][0-9]{0,15})\.snapshot\.json\Z")


class _History(msgspec.Struct, frozen=True):
    format: str
    files: dict[str, bytes]


class _SignedSnapshot(msgspec.Struct, frozen=True):
    root: int = msgspec.field(name=ROOT_FIELD)


class _SnapshotFile(msgspec.Struct, frozen=True):
    signed: _SignedSnapshot


@dataclass(frozen=True, slots=True)
class Moment:
    """At `published` (unix seconds) this version of the targets began to be what everybody reads."""

    published: int
    targets_version: int


@dataclass(frozen=True, slots=True)
class Chronicle:
    """A verified history. `until` is when the publisher last confirmed it: what came later is not seen here."""

    moments: tuple[Moment, ...]
    directory: Directory
    until: int

    def published(self, targets_version: int) -> int | None:
        """When a version was published, in unix seconds: None if that was before this history begins.

        Raises IncompleteBundle for a version that is not in it.
        """
        if targets_version <= self.moments[0].targets_version:
            return self.moments[0].published if self.moments[0].targets_version == targets_version == 1 else None
        for moment in self.moments:
            if moment.targets_version >= targets_version:
                return moment.published
        raise IncompleteBundle(
            message(
                "the history ends with directory version {targets_version} and {asked} is asked"
                " for: get a newer history from the publisher",
                targets_version=self.directory.targets_version,
                asked=targets_version,
            )
        )

    def ended(self, targets_version: int) -> int | None:
        """As `published`, and the earliest time that it may have been where this history leaves the version out."""
        if (later := self.published(targets_version)) is None:
            return None
        exact = any(moment.targets_version == targets_version for moment in self.moments)
        before = [moment.published for moment in self.moments if moment.targets_version < targets_version]
        return later if exact or not before else before[-1]


def pack_history(files: Mapping[str, bytes]) -> bytes:
    """The file. Raises MalformedBundle if it is too large."""
    data = msgspec.msgpack.encode(_History(_FORMAT, dict(sorted(files.items()))))
    if len(data) > MAX_HISTORY_BYTES:
        raise MalformedBundle(
            message("the directory's history is over {max_history_bytes} bytes", max_history_bytes=MAX_HISTORY_BYTES)
        )
    return data


def read_chronicle(data: bytes, bootstrap_root: bytes) -> Chronicle:
    """Verify a history from a trusted root on. Raises DirectoryRefused. No clock is asked."""
    files = unpack_history(data)
    mirror = Mirror(files)
    roots = {root.version: root for root in follow_roots(mirror, bootstrap_root)}
    moments: list[Moment] = []
    before: Directory | None = None
    listed: object = None
    at, under = 0, min(roots)
    for version in _snapshot_versions(files):
        name = metadata_file("snapshot", version)
        number = _root_of(files[name], name)
        if number < min(roots):  # from before the root that is trusted
            continue
        if number not in roots:
            raise IncompleteBundle(
                message(
                    "the directory's history lacks root {number}, under which {name} was published",
                    number=number,
                    name=name,
                )
            )
        if number < under:
            raise EntryMismatch(
                message("{name} in the directory's history does not follow the one before it", name=name)
            )
        snapshot = verified(files[name], Snapshot, roots[number], "snapshot")
        under = number
        if snapshot.version != version or published_at(snapshot) < at:
            raise EntryMismatch(message("{name} in the directory's history is out of order", name=name))
        at = published_at(snapshot)
        contents = {role: meta.version for role, meta in snapshot.meta.items()}
        if contents == listed:
            continue
        directory = read_snapshot(mirror, roots[number], snapshot, None)
        if before is not None:
            check_succession(before, directory)
        if before is None or before.targets_version != directory.targets_version:
            moments.append(Moment(at, directory.targets_version))
        before, listed = directory, contents
    newest = assemble(files, bootstrap_root).directory
    if before is None or newest.published < at:
        raise IncompleteBundle(message("the directory's history has no snapshot for its newest state: export it again"))
    check_succession(before, newest)
    return Chronicle(tuple(moments), newest, newest.confirmed)


def unpack_history(data: bytes) -> dict[str, bytes]:
    """The files of a history, unverified. Raises MalformedBundle."""
    if len(data) > MAX_HISTORY_BYTES:
        raise MalformedBundle(
            message(
                "the directory's history is over {max_history_bytes} bytes: it is not read",
                max_history_bytes=MAX_HISTORY_BYTES,
            )
        )
    try:
        history = msgspec.msgpack.decode(data, type=_History)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedBundle(
            message("this is no history of a directory, or not a whole one: export it again")
        ) from None
    if history.format != _FORMAT:
        raise MalformedBundle(message("this history is of another format: a newer program may read it"))
    if any(len(name) > MAX_NAME_LENGTH or len(file) > MAX_FILE_BYTES for name, file in history.files.items()):
        raise MalformedBundle(message("the directory's history has a file over the limits"))
    return history.files


def _snapshot_versions(files: Mapping[str, bytes]) -> list[int]:
    found = (_SNAPSHOT.match(name) for name in files)
    return sorted(int(match[1]) for match in found if match is not None)


def _root_of(data: bytes, name: str) -> int:
    """The root that a snapshot says it was published under: the signature is checked with that root's keys."""
    try:
        return msgspec.json.decode(data, type=_SnapshotFile).signed.root
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EntryMismatch(
            message("{name} in the directory's history does not name its root: the file is damaged", name=name)
        ) from None
