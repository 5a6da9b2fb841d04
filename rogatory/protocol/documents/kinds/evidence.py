"""What an authority's node states by itself of documents in a channel: opened by an officer, or not seen in time."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from rogatory.protocol.documents.base import Body, Payload, check_date
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import AuthorityId, DocumentRef, Line, Part, Timestamp
from rogatory.protocol.text import message

MAX_STATEMENTS: Final = 256


class Stated(StrEnum):
    """What a node states. The other evidences are receipts, rejections and acknowledgements."""

    NON_DELIVERY = "non_delivery"
    RETRIEVAL = "retrieval"
    NON_RETRIEVAL = "non_retrieval"


class Statement(Part, frozen=True, kw_only=True):
    """One document and addressee. `at`: when it was opened, or until when nothing was seen, by the author's clock."""

    document: DocumentRef
    stated: Stated
    authority: AuthorityId
    """The addressee whom it is about."""
    at: Timestamp
    officer: Line = ""
    """Who opened it, if the authority names its officers."""


class Evidence(Body, frozen=True, kw_only=True):
    """Signed by a node without a person, for everybody in the channel; many statements in one."""

    KIND: ClassVar[str] = "evidence"
    ADDRESSED: ClassVar[bool] = False

    statements: Annotated[tuple[Statement, ...], Meta(min_length=1, max_length=MAX_STATEMENTS)]

    def check(self, payload: Payload) -> None:
        """Of its own officers each authority speaks, of what it misses nobody but the others; each thing once."""
        for each in self.statements:
            check_date(each.at, "at")
            own = each.authority == payload.author
            if own != (each.stated is Stated.RETRIEVAL):
                raise UnsoundDocument(
                    message("an authority states what its own officers opened, and what it has not seen of others")
                )
            if each.officer and each.stated is not Stated.RETRIEVAL:
                raise UnsoundDocument(message("an officer is named with what he or she opened"))
        said = {(each.document, each.stated, each.authority) for each in self.statements}
        if len(said) != len(self.statements):
            raise UnsoundDocument(message("an evidence says each thing once"))
