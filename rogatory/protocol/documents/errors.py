"""What can be wrong with a document, and whose fault it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rogatory.protocol.errors import MalformedError, ProtocolError, UnsupportedVersion
from rogatory.protocol.text import Message, message


class DocumentError(ProtocolError):
    """A document that is not accepted. Nothing in it may be acted upon."""


class MalformedDocument(DocumentError, MalformedError):
    """Not an envelope or payload of this protocol: the author's software is at fault."""


class DocumentTooLarge(MalformedDocument):
    """Over the limit of an envelope; long texts and files belong into annexes."""


class UnsupportedDocument(DocumentError, UnsupportedVersion):
    """A document of a version that this side does not know: update the software."""


class UnknownKind(UnsupportedDocument):
    """A kind of document that this side does not know: update the software."""


class WrongSignature(DocumentError):
    """A signature does not verify: forged, altered on the way, or made with another key."""


class UnknownKeySet(DocumentError):
    """Raised by `keys_of`: the directory does not hold that key set of that authority."""


class SignerIsNotAuthor(DocumentError):
    """Signed by somebody else than the payload names, or with another key set than it names."""


class UnsoundDocument(DocumentError):
    """Well formed and signed, but its parts contradict each other or lack what its kind needs."""


@dataclass(frozen=True, slots=True)
class Gap:
    """An essential part that is missing, and the article that asks for it."""

    what: str
    article: str

    @property
    def text(self) -> Message:
        """As it is named to people."""
        return message("{what} ({article})", what=self.what, article=self.article)

    def __str__(self) -> str:
        return self.text


class MissingEssential(UnsoundDocument):
    """Essential parts are missing; `gaps` names all of them with their articles."""

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self.gaps = tuple(gaps)
        super().__init__(message("missing: {gaps}", gaps=tuple(gap.text for gap in gaps)))
