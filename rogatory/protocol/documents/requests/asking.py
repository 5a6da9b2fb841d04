"""How a form says what it asks for: beside each field its article, wording, place, and whether it is essential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Section(StrEnum):
    """Where a field stands in the printed letter and in guided entry, in this order."""

    REFERENCE = "Reference"
    AUTHORITIES = "Authorities"
    SUBJECT = "Subject matter"
    PARTICULARS = "Particulars"
    FACTS = "Facts"
    ASSISTANCE = "Assistance sought"
    PERSONS = "Persons concerned"
    PURPOSE = "Purpose"
    LAW = "Legal basis and offences"
    TIME = "Urgency and time"
    LIMITS = "Confidentiality and use limits"
    ANNEXES = "Language, related requests and annexes"


Need = Callable[[Any], bool]
"""From what holds the field, a request or a part of one, to whether it cannot do without it."""


def always(_: Any) -> bool:
    """Essential whatever else is said."""
    return True


def never(_: Any) -> bool:
    """Where it is known."""
    return False


@dataclass(frozen=True, slots=True)
class Ask:
    """What a field asks for. `label` and `help` are message ids; `article` is where the duty to say it comes from."""

    article: str
    label: str
    help: str = ""
    essential: Need = never
    section: Section = Section.PARTICULARS

    @property
    def is_conditional(self) -> bool:
        """Whether it depends on other fields if the field is essential."""
        return self.essential not in (always, never)


PRACTICE: Final = "practice"


def untoc(provision: str) -> str:
    """The article as it is named to people."""
    return f"UNTOC {provision}"
