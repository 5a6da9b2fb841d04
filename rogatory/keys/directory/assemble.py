"""From the files of a mirror to a Directory: every signature, version and hash is checked, no clock is asked.

Used for what was just fetched (rollback and expiry are judged besides, in `trust`), for what was accepted before
and is read again from disk, and by the publisher on what it is about to publish. The order is that of the TUF
specification, section 5: root, timestamp, snapshot, targets, delegated targets, target files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from tuf.api.exceptions import LengthOrHashMismatchError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from rogatory.keys.directory import entries
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.model import (
    INDEX_PATH,
    AuthorityEntry,
    Index,
    RelayEntry,
    Roster,
    authority_path,
    network_path,
    network_role,
    relay_path,
)
from rogatory.keys.errors import EntryMismatch, IncompleteBundle, WrongSignature

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
    mirror = _Mirror(files)
    root = _follow_roots(mirror, bootstrap_root)
    timestamp = _verified(mirror.read(TIMESTAMP_FILE), Timestamp, root, "timestamp")
    snapshot_meta = timestamp.snapshot_meta
    snapshot = _role(mirror, Snapshot, root, "snapshot", snapshot_meta)
    targets = _role(mirror, Targets, root, "targets", _listed(snapshot, "targets"))

    index = entries.decode_index(_target(mirror, targets, INDEX_PATH))
    authorities, relays = _read_entries(mirror, targets, index)
    rosters: dict[str, Roster] = {}
    networks: dict[str, Targets] = {}
    for network in index.networks:
        role = network_role(network)
        delegated = _role(mirror, Targets, targets, role, _listed(snapshot, role))
        rosters[network] = entries.decode_roster(
            _target(mirror, delegated, network_path(network)), network, delegated.version
        )
        networks[network] = delegated
    _check_channels(rosters)
    directory = Directory(
        root_version=root.version,
        timestamp_version=timestamp.version,
        snapshot_version=snapshot.version,
        targets_version=targets.version,
        network_versions={network: signed.version for network, signed in networks.items()},
        expires=min(_unix(signed.expires) for signed in (root, timestamp, snapshot, targets)),
        timestamp_expires=_unix(timestamp.expires),
        network_expires={network: _unix(signed.expires) for network, signed in networks.items()},
        max_stale_seconds=index.max_stale_seconds,
        authority_entries=authorities,
        relay_entries=relays,
        roster_entries=rosters,
        role_expires={
            "root": _unix(root.expires),
            "targets": _unix(targets.expires),
            **{network_role(network): _unix(signed.expires) for network, signed in networks.items()},
            "snapshot": _unix(snapshot.expires),
            "timestamp": _unix(timestamp.expires),
        },
    )
    return Assembled(directory, mirror.used)


def verified_root(data: bytes) -> Root:
    """A root that is signed as it itself asks for. Raises EntryMismatch, WrongSignature."""
    return _verified(data, Root, _parsed(data, Root, "root").signed, "root")


class _Mirror:
    """The files, remembering which of them were read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.used: dict[str, bytes] = {}

    def find(self, name: str) -> bytes | None:
        data = self._files.get(name)
        if data is not None:
            self.used[name] = data
        return data

    def read(self, name: str) -> bytes:
        data = self.find(name)
        if data is None:
            raise IncompleteBundle(
                f"the directory lacks {name}: the relay's mirror is incomplete; try again later or tell its operator"
            )
        return data


def _follow_roots(mirror: _Mirror, bootstrap_root: bytes) -> Root:
    """TUF specification 5.3: each root is signed by a threshold of the one before it and of itself."""
    root = verified_root(bootstrap_root)
    while (data := mirror.find(metadata_file("root", root.version + 1))) is not None:
        following = _verified(data, Root, root, "root")
        _verified(data, Root, following, "root")
        if following.version != root.version + 1:  # 5.3.5
            raise EntryMismatch(f"the directory's root {root.version + 1} says that it is {following.version}")
        root = following
    # Roots from before the trusted one are not needed here, but by others whose trust began earlier.
    for version in range(1, root.version + 1):
        mirror.find(metadata_file("root", version))
    return root


def _role(mirror: _Mirror, kind: type[S], delegator: Root | Targets, role: str, meta: MetaFile) -> S:
    """TUF specification 5.5 and 5.6: hash, signatures and version of what the snapshot or timestamp lists."""
    name = metadata_file(role, meta.version)
    data = mirror.read(name)
    try:
        meta.verify_length_and_hashes(data)
    except LengthOrHashMismatchError:
        raise EntryMismatch(
            f"{name} is not the file that the publisher signed for: the relay's mirror mixes versions;"
            " tell its operator"
        ) from None
    signed = _verified(data, kind, delegator, role)
    if signed.version != meta.version:
        raise EntryMismatch(f"{name} says that it is version {signed.version}: the relay's mirror mixes versions")
    return signed


def _listed(snapshot: Snapshot, role: str) -> MetaFile:
    meta = snapshot.meta.get(f"{role}.json")
    if meta is None:
        raise IncompleteBundle(f"the directory's snapshot does not list {role}: tell the publisher")
    return meta


def _verified(data: bytes, kind: type[S], delegator: Root | Targets, role: str) -> S:
    metadata = _parsed(data, kind, role)
    try:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except UnsignedMetadataError:
        raise WrongSignature(
            f"the directory's {role} is not signed by enough of the keys that must sign it: nothing of it is taken;"
            " the relay's mirror was altered, or the signing did not follow the rules: tell the trustees"
        ) from None
    except ValueError:  # python-tuf: the delegator knows no such role
        raise WrongSignature(f"nobody was given the right to sign the directory's {role}") from None
    return metadata.signed


def _parsed(data: bytes, kind: type[S], name: str) -> Metadata[S]:
    try:
        metadata: Metadata[S] = Metadata.from_bytes(data)
    except RepositoryError:  # DeserializationError
        raise EntryMismatch(f"the directory's {name} cannot be read: the file is damaged") from None
    if not isinstance(metadata.signed, kind):
        raise EntryMismatch(f"the directory's {name} is metadata of another kind")
    return metadata


def _target(mirror: _Mirror, targets: Targets, path: str) -> bytes:
    info = targets.targets.get(path)
    if info is None:
        raise IncompleteBundle(f"the directory's index names {path}, which nobody has signed")
    if set(info.hashes) != {"sha256"}:
        raise EntryMismatch(f"the directory's {path} is signed for with another hash than SHA-256")
    data = mirror.read(target_file(path, info))
    try:
        info.verify_length_and_hashes(data)
    except LengthOrHashMismatchError:
        raise EntryMismatch(
            f"{path} in the directory is not the document that was signed: the relay's mirror was altered or mixes"
            " versions; tell its operator"
        ) from None
    return data


def _read_entries(
    mirror: _Mirror, targets: Targets, index: Index
) -> tuple[dict[str, AuthorityEntry], dict[str, RelayEntry]]:
    listed = {INDEX_PATH, *map(authority_path, index.authorities), *map(relay_path, index.relays)}
    # Top-level targets must not answer for a network: its roster is its coordinators' alone.
    if stray := sorted(set(targets.targets) - listed):
        raise EntryMismatch(f"the directory's targets sign {stray[0]}, which its index does not name")
    version = targets.version
    authorities = {
        name: entries.decode_authority(_target(mirror, targets, authority_path(name)), name, version)
        for name in index.authorities
    }
    relays = {
        name: entries.decode_relay(_target(mirror, targets, relay_path(name)), name, version) for name in index.relays
    }
    for entry in authorities.values():
        if entry.relay not in relays:
            raise EntryMismatch(f"{entry.id} names {entry.relay}, which is no relay of the directory")
    return authorities, relays


def _check_channels(rosters: Mapping[str, Roster]) -> None:
    owners: dict[str, str] = {}
    for network, roster in rosters.items():
        if (other := owners.setdefault(roster.channel, network)) != network:
            raise EntryMismatch(f"the networks {other} and {network} name the same channel")


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
