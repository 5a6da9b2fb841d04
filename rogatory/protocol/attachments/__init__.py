"""Files beside documents: encrypted in chunks, so that they may be of any size (PROTOCOL.md, Attachments)."""

from rogatory.protocol.attachments.errors import AttachmentAltered, AttachmentError, AttachmentUnsound
from rogatory.protocol.attachments.framing import BLOB_ID, CHUNK, MAX_ATTACHMENT, Layout
from rogatory.protocol.attachments.names import safe_name
from rogatory.protocol.attachments.opening import Opener, check_hashes
from rogatory.protocol.attachments.reference import AttachmentReference
from rogatory.protocol.attachments.sealing import Sealer

__all__ = [
    "BLOB_ID",
    "CHUNK",
    "MAX_ATTACHMENT",
    "AttachmentAltered",
    "AttachmentError",
    "AttachmentReference",
    "AttachmentUnsound",
    "Layout",
    "Opener",
    "Sealer",
    "check_hashes",
    "safe_name",
]
