"""A receipt by an authority for a document: this one reached us, under this reference."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body, Payload, check_date
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import DocumentRef, Hex32, Line, Seq, Timestamp
from rogatory.protocol.text import message


class DocumentReceipt(Body, frozen=True, kw_only=True):
    """Addressed to the document's author; `seq` and `head` say where the document stands in the log."""

    KIND: ClassVar[str] = "receipt"
    ADDRESSED: ClassVar[bool] = True

    document: DocumentRef
    seq: Seq
    head: Hex32
    received_at: Timestamp
    reference: Line = ""
    """The receiving authority's own file number."""

    def check(self, payload: Payload) -> None:
        """One addressee: the author of what was received."""
        check_date(self.received_at, "received_at")
        if len(payload.addressees) != 1:
            raise UnsoundDocument(message("a receipt is addressed to the author of what was received"))
        if payload.in_reply_to not in (None, self.document.id):
            raise UnsoundDocument(message("a receipt replies to the document that it is for"))
