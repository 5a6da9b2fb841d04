"""Forms to fill in: a request's fields, with hints where something must stand."""

from __future__ import annotations

from typing import Any

from rogatory.protocol.documents import Cooperation

_COMMON: dict[str, Any] = {
    "reference": "your own file number",
    "cooperation": Cooperation.MUTUAL_LEGAL_ASSISTANCE.value,
    "language": "en",
    "requesting_authority": "UNTOC 18(15)(a): the authority making the request",
    "subject": "18(15)(b): the subject matter",
    "nature": "investigation",
    "conducting": {
        "name": "18(15)(b): the authority conducting the investigation, prosecution or proceeding",
        "functions": "its functions",
    },
    "facts": "18(15)(c): a summary of the relevant facts",
    "assistance": "18(15)(d): the assistance that is sought",
    "procedure": "",
    "persons": [{"role": "suspect", "name": "18(15)(e): a person concerned", "nationalities": [], "location": ""}],
    "aim": "18(15)(f): the purpose for which the evidence, information or action is sought",
    "legal_basis": [
        {"instrument": "United Nations Convention against Transnational Organized Crime", "articles": "18"}
    ],
    "offences": [{"name": "the offence", "provisions": "the provisions of law", "penalty": "the penalty"}],
    "dual_criminality": "",
    "urgency": "routine",
    "use_limits": {"handling": [], "text": ""},
}

_BY_COOPERATION: dict[Cooperation, dict[str, Any]] = {
    Cooperation.MUTUAL_LEGAL_ASSISTANCE: {"forms": ["f"], "procedure": "18(17): a procedure to be followed, if any"},
    Cooperation.EXTRADITION: {
        "legal_basis": [
            {"instrument": "United Nations Convention against Transnational Organized Crime", "articles": "16"}
        ],
        "dual_criminality": "UNTOC 16(1): punishable under the law of both States, because",
    },
    Cooperation.CONFISCATION: {
        "legal_basis": [
            {"instrument": "United Nations Convention against Transnational Organized Crime", "articles": "13"}
        ],
        "assistance": "UNTOC 13(3): the property, where it is, its estimated value, and the facts relied on",
    },
}


def request_template(cooperation: str = Cooperation.MUTUAL_LEGAL_ASSISTANCE.value) -> dict[str, Any]:
    """A request's JSON object to fill in. `cooperation` is an article, as `18`; raises ValueError for another word."""
    kind = Cooperation(cooperation)
    return _COMMON | {"cooperation": kind.value} | _BY_COOPERATION.get(kind, {})
