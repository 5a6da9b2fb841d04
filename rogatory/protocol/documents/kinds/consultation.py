"""A message of a consultation: free text within a thread, before, during or without a request."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body, Payload, is_blank
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Annexes, Language, LongText
from rogatory.protocol.text import message


class Consultation(Body, frozen=True, kw_only=True):
    """`thread` and `in_reply_to` of the payload say where it belongs."""

    KIND: ClassVar[str] = "consultation"
    ADDRESSED: ClassVar[bool] = True

    text: LongText
    language: Language
    annexes: Annexes = ()

    def check(self, payload: Payload) -> None:
        """It says something, or annexes something."""
        if is_blank(self.text) and not self.annexes:
            raise UnsoundDocument(message("a message says something or has an annex"))
