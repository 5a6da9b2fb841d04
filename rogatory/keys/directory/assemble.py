"""From the files of a mirror to a Directory: every signature, version and hash is checked, no clock is asked.

Used for what was just fetched (rollback and expiry are judged besides, in `trust`), for what was accepted before
and is read again from disk, and by the publisher on what it is about to publish. The order is that of the TUF
specification, section 5: root, timestamp, snapshot, targets, delegated targets, target files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from tuf.api.exceptions import LengthOrHashMismatchError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import network_role
from rogatory.keys.directory.reading import read_directory
from rogatory.keys.errors import EntryMismatch, IncompleteBundle, WrongSignature
from rogatory.protocol.text import message

S = TypeVar("S", Root, Timestamp, Snapshot, Targets)

TIMESTAMP_FILE = "metadata/timestamp.json"


@dataclass(frozen=True, slots=True)
class Assembled:
    """A verified directory, and the files that it consists of (others in the mirror are left aside)."""

    directory: Directory
    files: Mapping[str, bytes]


def metadata_file(role: str, version: int) -> str:
    """Name of a versioned metadata file in a mirror."""
    return f"metadata/{version}.{role}.json"


def target_file(path: str, info: TargetFile) -> str:
    """Name of a target's file in a mirror with consistent snapshots: its hash stands before its name."""
    folder, slash, name = path.rpartition("/")
    return f"targets/{folder}{slash}{info.hashes['sha256']}.{name}"


def assemble(files: Mapping[str, bytes], bootstrap_root: bytes) -> Assembled:
    """Verify a mirror's files from a trusted root on, and read them.

    Raises WrongSignature, IncompleteBundle, EntryMismatch. Does not look at expiry nor at what was accepted before.
    """
    mirror = Mirror(files)
    root = follow_roots(mirror, bootstrap_root)[-1]
    timestamp = verified(mirror.read(TIMESTAMP_FILE), Timestamp, root, "timestamp")
    snapshot = _role(mirror, Snapshot, root, "snapshot", timestamp.snapshot_meta)
    return Assembled(read_snapshot(mirror, root, snapshot, timestamp), mirror.used)


def read_snapshot(mirror: "Mirror", root: Root, snapshot: Snapshot, timestamp: Timestamp | None) -> Directory:
    """What a snapshot lists, verified from its root on. Raises as `assemble`."""
    targets = _role(mirror, Targets, root, "targets", _listed(snapshot, "targets"))

    def network(name: str) -> Targets:
        role = network_role(name)
        return _role(mirror, Targets, targets, role, _listed(snapshot, role))

    return read_directory(
        root,
        targets,
        network,
        lambda path, info: mirror.read(target_file(path, info)),
        snapshot=snapshot,
        timestamp=timestamp,
    )


def verified_root(data: bytes) -> Root:
    """A root that is signed as it itself asks for. Raises EntryMismatch, WrongSignature."""
    return verified(data, Root, _parsed(data, Root, "root").signed, "root")


class Mirror:
    """The files, remembering which of them were read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.used: dict[str, bytes] = {}

    def find(self, name: str) -> bytes | None:
        """The file, or None."""
        data = self._files.get(name)
        if data is not None:
            self.used[name] = data
        return data

    def read(self, name: str) -> bytes:
        """The file. Raises IncompleteBundle."""
        data = self.find(name)
        if data is None:
            raise IncompleteBundle(
                message(
                    "the directory lacks {name}: the relay's mirror is incomplete; try again later or tell its"
                    " operator",
                    name=name,
                )
            )
        return data


def follow_roots(mirror: Mirror, bootstrap_root: bytes) -> list[Root]:
    """All roots from the trusted one on: each is signed by a threshold of the one before and of itself (TUF 5.3)."""
    root = verified_root(bootstrap_root)
    roots = [root]
    while (data := mirror.find(metadata_file("root", root.version + 1))) is not None:
        following = verified(data, Root, root, "root")
        verified(data, Root, following, "root")
        if following.version != root.version + 1:  # 5.3.5
            raise EntryMismatch(
                message(
                    "the directory's root {version} says that it is {said}",
                    version=root.version + 1,
                    said=following.version,
                )
            )
        root = following
        roots.append(root)
    # Roots from before the trusted one are not needed here, but by others whose trust began earlier.
    for version in range(1, root.version + 1):
        mirror.find(metadata_file("root", version))
    return roots


def verified(data: bytes, kind: type[S], delegator: Root | Targets, role: str) -> S:
    """Metadata that enough of the keys that its delegator names have signed. Raises EntryMismatch, WrongSignature."""
    metadata = _parsed(data, kind, role)
    try:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except UnsignedMetadataError:
        raise WrongSignature(
            message(
                "the directory's {role} is not signed by enough of the keys that must sign it: nothing of it"
                " is taken; the relay's mirror was altered, or the signing did not follow the rules: tell the"
                " trustees",
                role=role,
            )
        ) from None
    except ValueError:  # python-tuf: the delegator knows no such role
        raise WrongSignature(message("nobody was given the right to sign the directory's {role}", role=role)) from None
    return metadata.signed


def _role(mirror: Mirror, kind: type[S], delegator: Root | Targets, role: str, meta: MetaFile) -> S:
    """TUF specification 5.5 and 5.6: hash, signatures and version of what the snapshot or timestamp lists."""
    name = metadata_file(role, meta.version)
    data = mirror.read(name)
    try:
        meta.verify_length_and_hashes(data)
    except LengthOrHashMismatchError:
        raise EntryMismatch(
            message(
                "{name} is not the file that the publisher signed for: the relay's mirror mixes versions;"
                " tell its operator",
                name=name,
            )
        ) from None
    signed = verified(data, kind, delegator, role)
    if signed.version != meta.version:
        raise EntryMismatch(
            message(
                "{name} says that it is version {version}: the relay's mirror mixes versions",
                name=name,
                version=signed.version,
            )
        )
    return signed


def _listed(snapshot: Snapshot, role: str) -> MetaFile:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise IncompleteBundle(message("the directory's snapshot does not list {role}: tell the publisher", role=role))
    return meta


def _parsed(data: bytes, kind: type[S], name: str) -> Metadata[S]:
    try:
        metadata: Metadata[S] = Metadata.from_bytes(data)
    except RepositoryError:  # DeserializationError
        raise EntryMismatch(message("the directory's {name} cannot be read: the file is damaged", name=name)) from None
    if not isinstance(metadata.signed, kind):
        raise EntryMismatch(message("the directory's {name} is metadata of another kind", name=name))
    return metadata
