"""An announcement of a network to all its members."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_distinct, is_blank
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Annexes, Language, Line, LongText, NetworkId, Part
from rogatory.protocol.text import message


class Wording(Part, frozen=True, kw_only=True):
    """The announcement in one language."""

    language: Language
    title: Line
    text: LongText


class Announcement(Body, frozen=True, kw_only=True):
    """One wording per language, the authoritative one first."""

    KIND: ClassVar[str] = "announcement"
    ADDRESSED: ClassVar[bool] = False

    network: NetworkId
    wordings: Annotated[tuple[Wording, ...], msgspec.Meta(min_length=1, max_length=20)]
    annexes: Annexes = ()

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is in_words in."""
        return tuple(wording.language for wording in self.wordings)

    def wording(self, *languages: str) -> Wording:
        """The wording in the first of `languages` that there is, else the authoritative one."""
        by_language = {wording.language: wording for wording in self.wordings}
        return next((by_language[tag] for tag in languages if tag in by_language), self.wordings[0])

    def check(self, payload: Payload) -> None:
        """Each wording has a title and a text; each language stands once."""
        check_distinct(self.languages, "languages")
        if any(is_blank(wording.title) or is_blank(wording.text) for wording in self.wordings):
            raise UnsoundDocument(message("an announcement has a title and a text in each of its languages"))
