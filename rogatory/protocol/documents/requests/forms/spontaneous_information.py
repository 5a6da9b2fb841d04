"""Information without a prior request, UNTOC 18(4) and (5)."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import LongText, Text
from rogatory.protocol.documents.requests.asking import Ask, always, untoc
from rogatory.protocol.documents.requests.request import Basis, Request
from rogatory.protocol.text import message


class SpontaneousInformation(Request, frozen=True, kw_only=True, tag="spontaneous_information"):
    """Asks for nothing: it could help the other State to undertake or conclude inquiries."""

    ARTICLE = "18(4)"
    TITLE = message("Spontaneous information")
    BASIS = Basis.NONE
    ASKS = False

    information: Annotated[LongText, Ask(untoc("18(4)"), message("information"), essential=always)] = ""
    relevance: Annotated[
        Text, Ask(untoc("18(4)"), message("why it could help the receiving State"), essential=always)
    ] = ""
    restrictions: Annotated[
        Text,
        Ask(
            untoc("18(5)"),
            message("restrictions on its use"),
            message("They are complied with, but exculpatory information may be disclosed to an accused person."),
        ),
    ] = ""
