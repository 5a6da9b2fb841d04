"""Sealing a file, chunk by chunk: libsodium's secretstream (XChaCha20-Poly1305), and the hash of each sealed chunk."""

from __future__ import annotations

import hashlib

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL
from nacl.bindings import crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MESSAGE

from rogatory.protocol.attachments.framing import CHUNK, Layout
from rogatory.protocol.attachments.reference import AttachmentReference


class Sealer:
    """Seals a file of `size` bytes under `key` (32 fresh random bytes, for this file alone).

    Feed it `wanted()` bytes of the file at a time until that is 0 and the padding until `done`; then `hashes` follow
    the chunks. The stream's header is random, made by libsodium.
    """

    def __init__(self, size: int, key: bytes) -> None:
        self.layout = Layout(size)
        self._key = key
        self._state = crypto_secretstream_xchacha20poly1305_state()
        self._header = crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        self._content = hashlib.sha256()
        self._hashes = bytearray()
        self._chunk = 0

    @property
    def done(self) -> bool:
        """Whether every chunk is sealed."""
        return self._chunk == self.layout.chunks

    @property
    def hashes(self) -> bytes:
        """What follows the chunks in the blob."""
        return bytes(self._hashes)

    def wanted(self) -> int:
        """How many bytes of the file make the next chunk; 0 where only padding is left."""
        return max(0, min(CHUNK, self.layout.size - self._chunk * CHUNK))

    def seal(self, data: bytes) -> bytes:
        """The next chunk, of exactly `wanted()` bytes of the file. Raises ValueError for another number."""
        if self.done or len(data) != self.wanted():
            raise ValueError("a chunk is sealed from exactly the bytes that are wanted")
        self._content.update(data)
        padding = min(CHUNK, self.layout.padded - self._chunk * CHUNK) - len(data)
        self._chunk += 1
        tag = FINAL if self.done else MESSAGE
        sealed = crypto_secretstream_xchacha20poly1305_push(
            self._state, data + bytes(padding) if padding else data, tag=tag
        )
        self._hashes += hashlib.sha256(sealed).digest()
        return sealed

    def reference(self, blob: bytes) -> AttachmentReference:
        """The reference to the file, once it is done, as the blob with this id."""
        if not self.done:
            raise ValueError("the file is not sealed to its end")
        return AttachmentReference(
            self._content.digest(), blob, self._key, self._header, hashlib.sha256(self._hashes).digest()
        )
