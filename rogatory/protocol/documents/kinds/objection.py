"""An objection: the answer of the other side to a step that has no effect there."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body, Payload, is_blank
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import DocumentRef, Text
from rogatory.protocol.text import message


class Objection(Body, frozen=True, kw_only=True):
    """Signed by itself by the node that was given the step, addressed to its author; it changes nothing either."""

    KIND: ClassVar[str] = "objection"
    CASE_DATA: ClassVar[bool] = True
    ADDRESSED: ClassVar[bool] = True

    document: DocumentRef
    reason: Text

    def check(self, payload: Payload) -> None:
        """One addressee, and a reason."""
        if len(payload.addressees) != 1:
            raise UnsoundDocument(message("an objection is addressed to the author of what it objects to"))
        if is_blank(self.reason):
            raise UnsoundDocument(message("an objection gives its reason"))
        if payload.in_reply_to not in (None, self.document.id):
            raise UnsoundDocument(message("an objection replies to the document that it objects to"))
