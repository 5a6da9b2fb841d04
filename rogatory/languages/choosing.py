"""Which language a reader reads: what was asked for, else what the environment says, else English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rogatory.languages import catalogues
from rogatory.languages.catalogues import SOURCE

VARIABLE: Final = "ROGATORY_LANGUAGE"
VARIABLES: Final = (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
"""Variables of the environment that name a language; the first one that is set counts."""

_MAX_HEADER: Final = 500


def of_environment(environment: Mapping[str, str]) -> str:
    """The language that the environment names, or English."""
    named = next((value for name in VARIABLES if (value := environment.get(name))), SOURCE)
    return nearest([named.partition(".")[0].partition("@")[0]]) or SOURCE


def of_header(accepted: str) -> str:
    """The language that fits an Accept-Language header (RFC 9110 section 12.5.4) best, or English."""
    weighed = []
    for place, each in enumerate(accepted[:_MAX_HEADER].split(",")):
        tag, _, weight = each.partition(";")
        weighed.append((-_weight(weight), place, tag.strip()))
    return nearest([tag for weight, _, tag in sorted(weighed) if weight < 0]) or SOURCE


def nearest(wanted: Sequence[str]) -> str | None:
    """The first of these tags, as fr_CA or fr-CA, for which there is a catalogue of the language or its variety."""
    there = {language.lower(): language for language in catalogues.languages(catalogues.LOCALE)}
    for tag in wanted:
        exact = tag.replace("-", "_").lower()
        while exact:
            if exact in there:
                return there[exact]
            exact = exact.rpartition("_")[0]
    return None


def _weight(text: str) -> float:
    try:
        return float(text.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
