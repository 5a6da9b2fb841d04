"""Drafts: the next version of a signed role, on its way from a change to enough signatures.

A draft is the role's metadata with what signatures it has; any change to it drops them, since nobody has signed that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from rogatory.keys.errors import PublishError
from rogatory.protocol.text import message

S = TypeVar("S", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long each role's metadata is good for after it was made."""

    root: timedelta = timedelta(days=730)
    targets: timedelta = timedelta(days=365)
    network: timedelta = timedelta(days=365)
    snapshot: timedelta = timedelta(days=14)
    timestamp: timedelta = timedelta(days=2)


def until(now: datetime, term: timedelta) -> datetime:
    """The end of a term, in whole seconds (TUF has no smaller)."""
    return (now + term).replace(microsecond=0)


def read(data: bytes, kind: type[S]) -> Metadata[S]:
    """Metadata of the repository itself. Raises PublishError."""
    try:
        metadata: Metadata[S] = Metadata.from_bytes(data)
    except RepositoryError:
        raise PublishError(
            message("metadata of the directory is damaged: take another copy of the folder or file")
        ) from None
    if not isinstance(metadata.signed, kind):
        raise PublishError(
            message("metadata of the directory stands in a wrong place: take another copy of the folder or file")
        )
    return metadata


def check_threshold(keys: Sequence[Key], threshold: int) -> None:
    """Raise PublishError unless 1 <= threshold <= number of different keys."""
    if not 1 <= threshold <= len({key.keyid for key in keys}):
        raise PublishError(
            message(
                "a threshold of {threshold} cannot be met by {given} keys: give 1 to the number of different keys",
                threshold=threshold,
                given=len(keys),
            )
        )


def set_role_keys(root: Root, role: str, keys: Sequence[Key], threshold: int) -> None:
    """Replace the keys and threshold of a top-level role. Raises PublishError."""
    check_threshold(keys, threshold)
    for keyid in list(root.roles[role].keyids):
        root.revoke_key(keyid, role)
    for key in keys:
        root.add_key(key, role)
    root.roles[role].threshold = threshold
