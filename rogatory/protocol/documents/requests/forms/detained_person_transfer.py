"""Transfer of a detained person to give evidence or help, UNTOC 18(10) to (12)."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Period, Person
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class DetainedPersonTransfer(Request, frozen=True, kw_only=True, tag="detained_person_transfer"):
    """The person consents, stays in custody and is returned."""

    ARTICLE = "18(10)"
    TITLE = message("Transfer of a detained person to give evidence")

    person: Annotated[
        Person | None, Ask(untoc("18(10)"), message("person detained or serving a sentence"), essential=always)
    ] = None
    held_at: Annotated[Line, Ask(untoc("18(10)"), message("where the person is held"))] = ""
    presence: Annotated[
        Text, Ask(untoc("18(10)"), message("what the person's presence is needed for"), essential=always)
    ] = ""
    place: Annotated[Line, Ask(untoc("18(10)"), message("where the person is to be present"), essential=always)] = ""
    period: Annotated[Period | None, Ask(untoc("18(10)"), message("from when until when"), essential=always)] = None
    consent: Annotated[
        Text,
        Ask(
            untoc("18(10)(a)"),
            message("the person's free and informed consent, or how it is to be obtained"),
            essential=always,
        ),
    ] = ""
    custody: Annotated[
        Text, Ask(untoc("18(11)(a)"), message("how the person is kept in custody"), essential=always)
    ] = ""
    returned: Annotated[
        Text, Ask(untoc("18(11)(b)"), message("how and when the person is returned"), essential=always)
    ] = ""
    immunity: Annotated[Text, Ask(untoc("18(12)"), message("safe conduct for earlier acts"))] = ""
