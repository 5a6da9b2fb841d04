"""Real-time collection of traffic data."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.digital import Category, DigitalEvidence
from rogatory.protocol.text import message


class TrafficData(DigitalEvidence, frozen=True, kw_only=True, tag="traffic_data"):
    """The period lies ahead: data are collected as they arise."""

    ARTICLE = "20"
    TITLE = message("Real-time collection of traffic data")

    authorisation: Annotated[
        Text, Ask(untoc("20(1)"), message("authorisation under the law of the requesting State"), essential=always)
    ] = ""
    delivery: Annotated[Line, Ask(PRACTICE, message("how the data are to be handed over"), essential=always)] = ""

    def check_form(self) -> None:
        """Traffic data, no content."""
        super().check_form()
        if Category.CONTENT in self.categories:
            raise UnsoundDocument(message("collection of content is a special investigative technique: use that form"))
