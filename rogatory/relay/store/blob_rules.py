"""The rules of blobs, for a store to ask within its transaction: who may begin, go on with and read one. No SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from rogatory.protocol.frames.server import Code
from rogatory.protocol.text import message
from rogatory.relay import log
from rogatory.relay.errors import Refusal
from rogatory.relay.store.interface import Blob, BlobPart, BlobReference, Quotas


class BlobRow(NamedTuple):
    """What the database holds of a blob."""

    number: int
    owner: str
    size: int
    received: int
    doomed: bool


def begun(row: BlobRow, authority: str, size: int) -> Blob:
    """The upload that stands under an id already; raises MALFORMED unless it is this very one."""
    if row.owner != authority or row.size != size or row.doomed:
        raise Refusal(Code.MALFORMED, message("there is another blob with this id: choose a random one"))
    return Blob(size, row.received)


@dataclass(slots=True)
class Kept:
    """How many blobs an authority keeps, and their bytes: summed once in a transaction, then counted on."""

    count: int
    size: int

    def add(self, size: int) -> None:
        """One more."""
        self.count, self.size = self.count + 1, self.size + size

    def remove(self, size: int) -> None:
        """One is doomed."""
        self.count, self.size = self.count - 1, self.size - size


def check_new(size: int, kept: Kept, quotas: Quotas) -> None:
    """Raise TOO_LARGE or QUOTA for a new blob of an authority that has kept these."""
    if size > quotas.blob_size:
        raise Refusal(
            Code.TOO_LARGE, message("a blob has at most {blob_size} bytes at this relay", blob_size=quotas.blob_size)
        )
    if kept.size + size > quotas.blob_bytes or kept.count >= quotas.blobs:
        raise Refusal(Code.QUOTA, message("the attachments that this authority keeps at the relay are at their limit"))


def own(row: BlobRow | None, authority: str) -> BlobRow:
    """The row, if it is an own blob; raises MISSING_BLOB."""
    if row is None or row.owner != authority or row.doomed:
        raise _missing()
    return row


def check_part(row: BlobRow, part: BlobPart) -> None:
    """Raise MALFORMED unless the part begins where the last one ended, and ends within the blob."""
    if part.offset != row.received or part.offset + part.size > row.size:
        raise Refusal(
            Code.MALFORMED,
            message(
                "the upload stands at {received} of {size} bytes: go on from there",
                received=row.received,
                size=row.size,
            ),
        )


def whole(row: BlobRow | None) -> BlobRow:
    """The row, if it is a whole blob; raises MISSING_BLOB."""
    if row is None or row.doomed or row.received != row.size:
        raise _missing()
    return row


def check_referred(references: Iterable[tuple[int, int, int | None]]) -> None:
    """Raise MISSING_BLOB unless one of the references (seq, the reader's first and until) is for the reader."""
    if not any(log.readable(first, until, seq) for seq, first, until in references):
        raise _missing()


def referred(rows: Iterable[tuple[int, bytes, bytes, int, int, int | None]]) -> tuple[list[BlobReference], int]:
    """Of references (number, blob, channel, seq, its reader's first and until) those to be read; the last number."""
    found, last = [], 0
    for last, blob, channel, seq, first, until in rows:  # noqa: B007
        if log.readable(first, until, seq):
            found.append(BlobReference(blob, channel, seq))
    return found, last


def _missing() -> Refusal:
    """For a blob that is not there and for one that this authority may not read: it does not tell which."""
    return Refusal(
        Code.MISSING_BLOB,
        "this relay holds no such attachment for this authority: it was not uploaded to its end, it is kept no longer,"
        " or no entry that this authority may read refers to it",
    )
