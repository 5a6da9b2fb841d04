"""Government records, documents or information, UNTOC 18(29)."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import Ask, always, untoc
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class GovernmentRecords(Request, frozen=True, kw_only=True, tag="government_records"):
    """Those open to the public are provided; others at the requested State's discretion."""

    ARTICLE = "18(29)"
    TITLE = message("Government records, documents or information")

    records: Annotated[Text, Ask(untoc("18(29)"), message("records that are sought"), essential=always)] = ""
    held_by: Annotated[Line, Ask(untoc("18(29)"), message("office that holds them, where known"))] = ""
    public: Annotated[bool, Ask(untoc("18(29)(a)"), message("they are open to the public"))] = False
