"""A hearing by video conference, UNTOC 18(18)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rogatory.protocol.documents.fields import Line, Part, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Period, Person
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Connection(Part, frozen=True, kw_only=True):
    """How the two rooms are joined."""

    system: Annotated[Line, Ask(PRACTICE, message("system or standard"))] = ""
    contact: Annotated[Line, Ask(PRACTICE, message("technical contact"), essential=always)] = ""
    test: Annotated[Line, Ask(PRACTICE, message("when a test is proposed"))] = ""


class VideoHearing(Request, frozen=True, kw_only=True, tag="video_hearing"):
    """A witness or expert who cannot or should not appear in person is heard from where he or she is."""

    ARTICLE = "18(18)"
    TITLE = message("Hearing by video conference")

    heard: Annotated[
        tuple[Person, ...],
        msgspec.Meta(max_length=50),
        Ask(untoc("18(18)"), message("persons to be heard, as witnesses or experts"), essential=always),
    ] = ()
    why_not_in_person: Annotated[
        Text,
        Ask(untoc("18(18)"), message("why it is not possible or desirable to appear in person"), essential=always),
    ] = ""
    conducted_by: Annotated[
        Line, Ask(untoc("18(18)"), message("judicial authority that conducts the hearing"), essential=always)
    ] = ""
    topics: Annotated[Text, Ask(PRACTICE, message("questions or topics"), essential=always)] = ""
    dates: Annotated[
        tuple[Period, ...], msgspec.Meta(max_length=20), Ask(PRACTICE, message("proposed dates"), essential=always)
    ] = ()
    connection: Annotated[Connection, Ask(PRACTICE, message("connection"), essential=always)] = Connection()
    interpretation: Annotated[Line, Ask(PRACTICE, message("languages of interpretation"))] = ""
    cautions: Annotated[Text, Ask(PRACTICE, message("oath, cautions and rights to be told"))] = ""
    protection: Annotated[Text, Ask(untoc("24"), message("protection of the persons heard"))] = ""
