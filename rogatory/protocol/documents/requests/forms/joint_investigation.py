"""Joint investigation, UNTOC 19."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Period
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class JointInvestigation(Request, frozen=True, kw_only=True, tag="joint_investigation"):
    """A joint investigative body, or joint work case by case."""

    ARTICLE = "19"
    TITLE = message("Joint investigation")

    objective: Annotated[Text, Ask(untoc("19"), message("objective of the joint investigation"), essential=always)] = ""
    participants: Annotated[
        tuple[Line, ...],
        msgspec.Meta(max_length=50),
        Ask(untoc("19"), message("authorities that take part"), essential=always),
    ] = ()
    place: Annotated[Line, Ask(untoc("19"), message("where it works"), essential=always)] = ""
    leader: Annotated[Line, Ask(PRACTICE, message("who leads it"))] = ""
    period: Annotated[Period | None, Ask(PRACTICE, message("from when until when"), essential=always)] = None
    agreement: Annotated[
        Text, Ask(untoc("19"), message("agreement or arrangement, or the case-by-case basis"), essential=always)
    ] = ""
    sovereignty: Annotated[
        Text, Ask(untoc("19"), message("how the sovereignty of the host State is respected"), essential=always)
    ] = ""
    use_of_results: Annotated[Text, Ask(PRACTICE, message("how results may be used, and costs"))] = ""
