"""Which parts a request cannot do without, each with the article that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rogatory.protocol.documents.base import is_blank
from rogatory.protocol.documents.errors import Gap
from rogatory.protocol.documents.kinds.request_form import RequestForm
from rogatory.protocol.documents.kinds.urgency import Urgency

_SERVICE: Final = ("b",)
_SPONTANEOUS: Final = "18(4)"


def _always(request: RequestForm) -> bool:
    return True


def _asks(request: RequestForm) -> bool:
    """Spontaneous information (18(4)) asks for nothing."""
    return request.cooperation != _SPONTANEOUS


def _needs_facts(request: RequestForm) -> bool:
    """UNTOC 18(15)(c): except requests for the purpose of service of judicial documents."""
    return request.forms != _SERVICE


def _is_mutual_legal_assistance(request: RequestForm) -> bool:
    return request.cooperation == "18"


def _is_urgent(request: RequestForm) -> bool:
    return request.urgency is not Urgency.ROUTINE


def _has_deadline(request: RequestForm) -> bool:
    return request.deadline is not None


def _spells_out(request: RequestForm) -> bool:
    return request.use_limits is not None and "H3" in request.use_limits.handling


ESSENTIALS: Final[tuple[tuple[str, str, Callable[[RequestForm], bool], Callable[[RequestForm], bool]], ...]] = (
    ("own reference", "practice", _always, lambda r: is_blank(r.reference)),
    (
        "identity of the authority making the request",
        "UNTOC 18(15)(a)",
        _always,
        lambda r: is_blank(r.requesting_authority),
    ),
    ("subject matter", "UNTOC 18(15)(b)", _always, lambda r: is_blank(r.subject)),
    (
        "nature of the investigation, prosecution or judicial proceeding",
        "UNTOC 18(15)(b)",
        _asks,
        lambda r: r.nature is None,
    ),
    (
        "name of the authority conducting it",
        "UNTOC 18(15)(b)",
        _asks,
        lambda r: is_blank(r.conducting.name),
    ),
    (
        "functions of the authority conducting it",
        "UNTOC 18(15)(b)",
        _asks,
        lambda r: is_blank(r.conducting.functions),
    ),
    ("summary of the relevant facts", "UNTOC 18(15)(c)", _needs_facts, lambda r: is_blank(r.facts)),
    ("description of the assistance sought", "UNTOC 18(15)(d)", _asks, lambda r: is_blank(r.assistance)),
    ("form of assistance", "UNTOC 18(3)", _is_mutual_legal_assistance, lambda r: not r.forms),
    ("purpose", "UNTOC 18(15)(f)", _asks, lambda r: is_blank(r.aim)),
    ("legal basis, or reciprocity", "practice", _asks, lambda r: not r.legal_basis and not r.reciprocity),
    ("reason of the urgency", "practice", _is_urgent, lambda r: is_blank(r.urgency_reason)),
    ("reason of the deadline", "UNTOC 18(24)", _has_deadline, lambda r: is_blank(r.deadline_reason)),
    (
        "the use limits that handling code H3 stands for",
        "UNTOC 18(19)",
        _spells_out,
        lambda r: r.use_limits is None or is_blank(r.use_limits.text),
    ),
)
"""What, article, when it is needed, and whether it is missing."""


def gaps_of(request: RequestForm) -> tuple[Gap, ...]:
    """The essential parts that `request` lacks, in the order of the form; empty if it can be sent."""
    return tuple(
        Gap(what, article) for what, article, needed, missing in ESSENTIALS if needed(request) and missing(request)
    )
