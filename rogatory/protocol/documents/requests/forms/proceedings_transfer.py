"""Transfer of criminal proceedings, UNTOC 21."""

from __future__ import annotations

from typing import Annotated

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.request import Basis, Request
from rogatory.protocol.text import message


class ProceedingsTransfer(Request, frozen=True, kw_only=True, tag="proceedings_transfer"):
    """To the State where prosecution serves the proper administration of justice."""

    ARTICLE = "21"
    TITLE = message("Transfer of criminal proceedings")
    COMPETENCE = "transfer_of_proceedings"
    BASIS = Basis.NONE

    proceedings: Annotated[Text, Ask(untoc("21"), message("proceedings, and where they stand"), essential=always)] = ""
    interest: Annotated[
        Text,
        Ask(
            untoc("21"),
            message("why the transfer serves the proper administration of justice"),
            message("As several jurisdictions involved, or prosecution concentrated."),
            always,
        ),
    ] = ""
    evidence: Annotated[Text, Ask(PRACTICE, message("evidence that is handed over"), essential=always)] = ""
    custody: Annotated[Line, Ask(PRACTICE, message("whether a suspect is in custody, and since when"))] = ""
    extradition_refused: Annotated[
        Line, Ask(untoc("16(10)"), message("the extradition that was refused for nationality, if so"))
    ] = ""
    victims: Annotated[Text, Ask(untoc("25"), message("victims, and their claims"))] = ""
