"""What stands beside a document for each of its files: where it is, and the key that opens it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from rogatory.protocol.attachments.framing import BLOB_ID
from rogatory.protocol.limits import HASH

KEY = 32
HEADER = 24
MAX_REFERENCES = 100
"""As many as a document has annexes."""


class AttachmentReference(msgspec.Struct, frozen=True, array_like=True):
    """One file. `sha256` is the plaintext's and names the annex in the document, which its author signed.

    `hashes`: SHA-256 of the blob's hashes (framing.py). The key stands here and not in the document: a document is
    shown to third persons, and must not open the file to whoever gets hold of the blob.
    """

    sha256: Annotated[bytes, Meta(min_length=HASH, max_length=HASH)]
    blob: Annotated[bytes, Meta(min_length=BLOB_ID, max_length=BLOB_ID)]
    key: Annotated[bytes, Meta(min_length=KEY, max_length=KEY)]
    header: Annotated[bytes, Meta(min_length=HEADER, max_length=HEADER)]
    hashes: Annotated[bytes, Meta(min_length=HASH, max_length=HASH)]

    def __repr__(self) -> str:
        return f"<AttachmentReference {self.blob.hex()[:12]}>"


References = Annotated[list[AttachmentReference], Meta(max_length=MAX_REFERENCES)]
