"""Access to, or production of, stored computer data."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import Line
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask
from rogatory.protocol.documents.requests.digital import DigitalEvidence
from rogatory.protocol.text import message


class StoredData(DigitalEvidence, frozen=True, kw_only=True, tag="stored_data"):
    """Often the sequel of a preservation."""

    ARTICLE = "18(3)(f)"
    TITLE = message("Access to or production of stored computer data")

    preserved_under: Annotated[Line, Ask(PRACTICE, message("reference under which the data are preserved"))] = ""
    format: Annotated[Line, Ask(PRACTICE, message("format of delivery, and certification"))] = ""
