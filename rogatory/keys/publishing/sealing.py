"""The publisher's part: snapshot and timestamp over whatever the trustees and coordinators have signed."""

from datetime import datetime

from securesystemslib.signer import Signer
from tuf.api.metadata import Metadata, MetaFile, Snapshot, Timestamp

from rogatory.keys.directory.assemble import TIMESTAMP_FILE, metadata_file
from rogatory.keys.directory.reading import PUBLISHED_FIELD, ROOT_FIELD, published_at
from rogatory.keys.publishing.drafts import Terms, read, until

SNAPSHOT = "snapshot"


def latest(files: dict[str, bytes], role: str) -> tuple[int, bytes] | None:
    """The newest version of a role's metadata in a mirror, and its bytes."""
    versions = [
        int(number)
        for name in files
        if name.startswith("metadata/")
        for number, _, rest in [name.removeprefix("metadata/").partition(".")]
        if rest == f"{role}.json" and number.isdecimal()
    ]
    return (max(versions), files[metadata_file(role, max(versions))]) if versions else None


def seal(files: dict[str, bytes], publisher: Signer, now: datetime, terms: Terms) -> None:
    """Add a new snapshot of all targets roles in `files`, and a new timestamp of it."""
    found = latest(files, SNAPSHOT)
    # A clock that was put back does not make the past: history stays in order.
    before = published_at(read(found[1], Snapshot).signed) if found else 0
    root, _ = latest(files, "root") or (0, b"")
    snapshot = Snapshot(
        version=found[0] + 1 if found else 1,
        expires=until(now, terms.snapshot),
        meta={
            f"{role}.json": MetaFile.from_data(version, data, ["sha256"])
            for role in _targets_roles(files)
            for version, data in [latest(files, role) or (0, b"")]
        },
        unrecognized_fields={PUBLISHED_FIELD: max(int(now.timestamp()), before), ROOT_FIELD: root},
    )
    files[metadata_file(SNAPSHOT, snapshot.version)] = _signed(Metadata(snapshot), publisher)
    stamp(files, publisher, now, terms)


def stamp(files: dict[str, bytes], publisher: Signer, now: datetime, terms: Terms) -> None:
    """Add a new timestamp of the newest snapshot in `files`."""
    version, data = latest(files, SNAPSHOT) or (0, b"")
    before = read(files[TIMESTAMP_FILE], Timestamp).signed.version if TIMESTAMP_FILE in files else 0
    timestamp = Timestamp(
        version=before + 1,
        expires=until(now, terms.timestamp),
        snapshot_meta=MetaFile.from_data(version, data, ["sha256"]),
        unrecognized_fields={PUBLISHED_FIELD: int(now.timestamp())},
    )
    files[TIMESTAMP_FILE] = _signed(Metadata(timestamp), publisher)


def snapshot_is_half_over(files: dict[str, bytes], now: datetime, terms: Terms) -> bool:
    """Whether the snapshot should be renewed together with the timestamp."""
    found = latest(files, SNAPSHOT)
    return found is None or now > read(found[1], Snapshot).signed.expires - terms.snapshot / 2


def _targets_roles(files: dict[str, bytes]) -> list[str]:
    names = {
        name.removeprefix("metadata/").partition(".")[2].removesuffix(".json")
        for name in files
        if name.startswith("metadata/") and name != TIMESTAMP_FILE
    }
    return sorted(names - {"root", SNAPSHOT})


def _signed(metadata: Metadata[Snapshot] | Metadata[Timestamp], signer: Signer) -> bytes:
    metadata.sign(signer)
    return metadata.to_bytes()
