"""Disposal and return of confiscated proceeds or property, UNTOC 14."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.fields import Line, Text
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, always, untoc
from rogatory.protocol.documents.requests.parts import Property
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import message


class Disposal(StrEnum):
    """What is to become of the property."""

    RETURN_FOR_VICTIMS = "return_for_victims"
    """14(2): compensation of victims, or return to legitimate owners."""
    CONTRIBUTION = "contribution"
    """14(3)(a): to the account of article 30(2)(c) and to intergovernmental bodies."""
    SHARING = "sharing"
    """14(3)(b): between States."""


def _for_victims(request: AssetRecovery) -> bool:
    return request.disposal is Disposal.RETURN_FOR_VICTIMS


def _shared(request: AssetRecovery) -> bool:
    return request.disposal is Disposal.SHARING


class AssetRecovery(Request, frozen=True, kw_only=True, tag="asset_recovery"):
    """Return or sharing of what has been confiscated."""

    ARTICLE = "14"
    TITLE = message("Disposal and return of confiscated property")
    COMPETENCE = "confiscation_and_asset_recovery"

    properties: Annotated[
        tuple[Property, ...],
        msgspec.Meta(max_length=500),
        Ask(untoc("14(1)"), message("confiscated property"), essential=always),
    ] = ()
    confiscated_under: Annotated[
        Line, Ask(PRACTICE, message("order or request under which it was confiscated"), essential=always)
    ] = ""
    disposal: Annotated[Disposal | None, Ask(untoc("14(2), 14(3)"), message("disposal proposed"), essential=always)] = (
        None
    )
    beneficiaries: Annotated[
        Text,
        Ask(
            untoc("14(2)"),
            message("victims or legitimate owners"),
            essential=_for_victims,
        ),
    ] = ""
    agreement: Annotated[
        Text,
        Ask(
            untoc("14(3)(b)"),
            message("agreement or arrangement on sharing"),
            essential=_shared,
        ),
    ] = ""
    payment: Annotated[Text, Ask(PRACTICE, message("how it is to be paid or handed over"))] = ""
