"""Opening a file, chunk by chunk: nothing is given out that was not checked, and the end says whether all of it was."""

from __future__ import annotations

import hashlib
import hmac

from nacl.bindings import (
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_pull,
    crypto_secretstream_xchacha20poly1305_state,
)
from nacl.bindings import crypto_secretstream_xchacha20poly1305_TAG_FINAL as FINAL
from nacl.bindings import crypto_secretstream_xchacha20poly1305_TAG_MESSAGE as MESSAGE
from nacl.exceptions import CryptoError

from rogatory.protocol.attachments.errors import AttachmentAltered, AttachmentUnsound
from rogatory.protocol.attachments.framing import CHUNK, Layout
from rogatory.protocol.attachments.reference import AttachmentReference
from rogatory.protocol.limits import HASH
from rogatory.protocol.text import message


def check_hashes(reference: AttachmentReference, hashes: bytes) -> None:
    """Raise AttachmentAltered unless these are the hashes that the author sealed."""
    if not hmac.compare_digest(hashlib.sha256(hashes).digest(), reference.hashes):
        raise AttachmentAltered(message("the hashes of its chunks are not those that its author sealed"))


class Opener:
    """Opens the chunks of a file of `size` bytes, from the first on, in order.

    `hashes` are the blob's. Raises AttachmentAltered unless `check_hashes` holds, AttachmentUnsound if there are not
    as many as the size asks for.
    """

    def __init__(self, reference: AttachmentReference, size: int, hashes: bytes) -> None:
        check_hashes(reference, hashes)
        self.layout = Layout(size)
        if len(hashes) != self.layout.hashes:
            raise AttachmentUnsound(message("its author sealed another number of chunks than a file of this size has"))
        self._reference = reference
        self._hashes = hashes
        self._state = crypto_secretstream_xchacha20poly1305_state()
        crypto_secretstream_xchacha20poly1305_init_pull(self._state, reference.header, reference.key)
        self._content = hashlib.sha256()
        self.chunk = 0
        """The next chunk."""

    def open(self, sealed: bytes) -> bytes:
        """The file's bytes in the next chunk, empty where it is padding.

        Raises AttachmentAltered for a chunk that is not the author's at this place, AttachmentUnsound for one that is
        and does not open.
        """
        if self.chunk >= self.layout.chunks:
            raise AttachmentAltered(message("there is more than its author sealed"))
        expected = self._hashes[self.chunk * HASH : (self.chunk + 1) * HASH]
        if not hmac.compare_digest(hashlib.sha256(sealed).digest(), expected):
            raise AttachmentAltered(
                message(
                    "chunk {chunk} of {chunks} is not what its author sealed",
                    chunk=self.chunk,
                    chunks=self.layout.chunks,
                )
            )
        try:
            data, tag = crypto_secretstream_xchacha20poly1305_pull(self._state, sealed)
        except (CryptoError, RuntimeError, ValueError):
            raise AttachmentUnsound(
                message("chunk {chunk} does not open with the key that its author gave", chunk=self.chunk)
            ) from None
        start = self.chunk * CHUNK
        self.chunk += 1
        last = self.chunk == self.layout.chunks
        if tag != (FINAL if last else MESSAGE) or len(data) != min(CHUNK, self.layout.padded - start):
            raise AttachmentUnsound(
                message("chunk {chunk} has another length or place than its author said", chunk=self.chunk - 1)
            )
        content, padding = data[: max(0, self.layout.size - start)], data[max(0, self.layout.size - start) :]
        if padding.strip(b"\0"):
            raise AttachmentUnsound(message("something is hidden in its padding"))
        self._content.update(content)
        return content

    def finish(self) -> None:
        """Raise AttachmentAltered if chunks are missing, AttachmentUnsound if it is not the file that was signed."""
        if self.chunk != self.layout.chunks:
            raise AttachmentAltered(
                message("it ends after {chunk} of {chunks} chunks", chunk=self.chunk, chunks=self.layout.chunks)
            )
        if not hmac.compare_digest(self._content.digest(), self._reference.sha256):
            raise AttachmentUnsound(message("it is not the file whose SHA-256 the document names"))
