"""From signed metadata and the documents that it names to a Directory. Who signed what is checked elsewhere."""

from collections.abc import Callable, Mapping
from datetime import datetime

from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import Root, Snapshot, TargetFile, Targets, Timestamp

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
from rogatory.keys.errors import EntryMismatch, IncompleteBundle
from rogatory.protocol.text import message

PUBLISHED_FIELD = "x-rogatory-published"
"""In snapshot and timestamp: when the publisher signed it, in unix seconds."""
ROOT_FIELD = "x-rogatory-root"
"""In the snapshot: the version of the root under which it was published."""

NetworkRole = Callable[[str], Targets]
"""From a network's id to its role's metadata."""
FileOf = Callable[[str, TargetFile], bytes]
"""From a document's path and what was signed for to its bytes; raises IncompleteBundle."""


def read_directory(
    root: Root,
    targets: Targets,
    network_role_of: NetworkRole,
    file_of: FileOf,
    *,
    snapshot: Snapshot | None = None,
    timestamp: Timestamp | None = None,
) -> Directory:
    """The directory that these roles sign for. Without snapshot or timestamp (not published yet, or history) their
    versions are 0 and their times those of the roles there are. Raises EntryMismatch, IncompleteBundle.
    """

    def document(signed: Targets, path: str) -> bytes:
        return signed_document(signed, path, file_of)

    index = entries.decode_index(document(targets, INDEX_PATH))
    authorities, relays = _read_entries(document, targets, index)
    rosters: dict[str, Roster] = {}
    networks: dict[str, Targets] = {}
    for network in index.networks:
        delegated = network_role_of(network)
        rosters[network] = entries.decode_roster(document(delegated, network_path(network)), network, delegated.version)
        networks[network] = delegated
    _check_channels(rosters)
    top = {"root": root, "targets": targets, "snapshot": snapshot, "timestamp": timestamp}
    ends = {role: _unix(signed.expires) for role, signed in top.items() if signed is not None}
    network_ends = {network: _unix(signed.expires) for network, signed in networks.items()}
    return Directory(
        root_version=root.version,
        timestamp_version=timestamp.version if timestamp else 0,
        snapshot_version=snapshot.version if snapshot else 0,
        targets_version=targets.version,
        network_versions={network: signed.version for network, signed in networks.items()},
        expires=min(ends.values()),
        timestamp_expires=ends.get("timestamp", min(ends.values())),
        network_expires=network_ends,
        max_stale_seconds=index.max_stale_seconds,
        authority_entries=authorities,
        relay_entries=relays,
        roster_entries=rosters,
        role_expires={**ends, **{network_role(network): end for network, end in network_ends.items()}},
        published=published_at(snapshot) if snapshot else 0,
        confirmed=published_at(timestamp) if timestamp else 0,
    )


def published_at(signed: Snapshot | Timestamp) -> int:
    """When the publisher says that it signed this, in unix seconds. Raises EntryMismatch."""
    found = signed.unrecognized_fields.get(PUBLISHED_FIELD)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 53:
        raise EntryMismatch(
            message("the directory's {type} does not say when it was published: tell the publisher", type=signed.type)
        )
    return found


def signed_document(signed: Targets, path: str, file_of: FileOf) -> bytes:
    """A document whose hash this role signs for. Raises EntryMismatch, IncompleteBundle."""
    info = signed.targets.get(path)
    if info is None:
        raise IncompleteBundle(message("the directory's index names {path}, which nobody has signed", path=path))
    if set(info.hashes) != {"sha256"}:
        raise EntryMismatch(message("the directory's {path} is signed for with another hash than SHA-256", path=path))
    data = file_of(path, info)
    try:
        info.verify_length_and_hashes(data)
    except LengthOrHashMismatchError:
        raise EntryMismatch(
            message(
                "{path} in the directory is not the document that was signed: the relay's mirror was altered"
                " or mixes versions; tell its operator",
                path=path,
            )
        ) from None
    return data


def _read_entries(
    document: Callable[[Targets, str], bytes], targets: Targets, index: Index
) -> tuple[dict[str, AuthorityEntry], dict[str, RelayEntry]]:
    listed = {INDEX_PATH, *map(authority_path, index.authorities), *map(relay_path, index.relays)}
    # Top-level targets must not answer for a network: its roster is its coordinators' alone.
    if stray := sorted(set(targets.targets) - listed):
        raise EntryMismatch(
            message("the directory's targets sign {stray}, which its index does not name", stray=stray[0])
        )
    version = targets.version
    authorities = {
        name: entries.decode_authority(document(targets, authority_path(name)), name, version)
        for name in index.authorities
    }
    relays = {name: entries.decode_relay(document(targets, relay_path(name)), name, version) for name in index.relays}
    for entry in authorities.values():
        if entry.relay not in relays:
            raise EntryMismatch(
                message("{id} names {relay}, which is no relay of the directory", id=entry.id, relay=entry.relay)
            )
    return authorities, relays


def _check_channels(rosters: Mapping[str, Roster]) -> None:
    owners: dict[str, str] = {}
    for network, roster in rosters.items():
        if (other := owners.setdefault(roster.channel, network)) != network:
            raise EntryMismatch(
                message("the networks {other} and {network} name the same channel", other=other, network=network)
            )


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
