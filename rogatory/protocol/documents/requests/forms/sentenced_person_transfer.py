"""Transfer of a sentenced person, to complete the sentence, UNTOC 17."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Order, Person
from rogatory.protocol.documents.requests.request import Basis, Request
from rogatory.protocol.text import message


class SentencedPersonTransfer(Request, frozen=True, kw_only=True, tag="sentenced_person_transfer"):
    """From the State that sentenced to the one where the sentence is completed."""

    ARTICLE = "17"
    TITLE = message("Transfer of a sentenced person")
    COMPETENCE = "transfer_of_sentenced_persons"
    BASIS = Basis.NONE

    sentenced: Annotated[Person | None, Ask(untoc("17"), message("sentenced person"), essential=always)] = None
    judgment: Annotated[Order | None, Ask(untoc("17"), message("judgment"), essential=always)] = None
    sentence: Annotated[Line, Ask(untoc("17"), message("sentence"), essential=always)] = ""
    left: Annotated[Line, Ask(untoc("17"), message("how much of it is left"), essential=always)] = ""
    consent: Annotated[Text, Ask(PRACTICE, message("the person's consent"), essential=always)] = ""
    ties: Annotated[
        Text, Ask(PRACTICE, message("nationality or ties to the administering State"), essential=always)
    ] = ""
    agreement: Annotated[Line, Ask(untoc("17"), message("agreement or arrangement"))] = ""
