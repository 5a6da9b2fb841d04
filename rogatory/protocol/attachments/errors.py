"""What is wrong with an attachment, and whose fault it is."""

from __future__ import annotations

from rogatory.protocol.errors import ProtocolError


class AttachmentError(ProtocolError):
    """Base of both."""


class AttachmentAltered(AttachmentError):
    """The bytes are not those that the author sealed: the relay's fault, or the disk's that kept them."""


class AttachmentUnsound(AttachmentError):
    """The bytes are those that the author sealed, and are not the file that the document names: the author's fault."""
