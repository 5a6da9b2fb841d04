"""Where what stands in a blob: padded plaintext in chunks of 1 MiB, each sealed, then the hashes of the sealed chunks.

    chunk 0 | chunk 1 | ... | last chunk | 32-byte SHA-256 of each chunk, in order

A blob's length follows from the file's length alone, and tells the relay no more than Padme lets through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nacl.bindings import crypto_secretstream_xchacha20poly1305_ABYTES as OVERHEAD

from rogatory.protocol.limits import HASH, MIB
from rogatory.protocol.padding import padme

CHUNK: Final = MIB
"""Bytes of plaintext in each chunk but the last: 32 bytes of hash each stay far below one in a thousand, and a chunk
that is cut costs a thin link of 64 kbit/s two minutes."""

BLOB_ID: Final = 32
MAX_ATTACHMENT: Final = 1 << 40
"""Bytes of a file. Its hashes then have 32 MiB, which a reader holds in memory."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of the blob of a file of `size` bytes. Raises ValueError for a size that no file may have."""

    size: int

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_ATTACHMENT:
            raise ValueError(f"an attachment has at most {MAX_ATTACHMENT} bytes")

    @property
    def padded(self) -> int:
        """Bytes of plaintext, padding included."""
        return padme(self.size)

    @property
    def chunks(self) -> int:
        """How many chunks there are; at least one."""
        return -(-self.padded // CHUNK)

    @property
    def sealed(self) -> int:
        """Bytes of all sealed chunks: where the hashes begin."""
        return self.padded + self.chunks * OVERHEAD

    @property
    def hashes(self) -> int:
        """Bytes of the hashes."""
        return self.chunks * HASH

    @property
    def blob(self) -> int:
        """Bytes of the whole blob."""
        return self.sealed + self.hashes

    def start(self, chunk: int) -> int:
        """Where a sealed chunk begins."""
        return chunk * (CHUNK + OVERHEAD)

    def length(self, chunk: int) -> int:
        """Bytes of a sealed chunk."""
        return min(CHUNK, self.padded - chunk * CHUNK) + OVERHEAD

    def whole(self, held: int) -> int:
        """How many whole chunks stand in the first `held` bytes."""
        return self.chunks if held >= self.sealed else held // (CHUNK + OVERHEAD)
