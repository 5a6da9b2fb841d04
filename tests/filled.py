"""Requests as somebody has filled them in: a template in which no hint is left."""

from __future__ import annotations

from typing import Any

import msgspec

from rogatory.protocol.documents import FORMS, template_of, untouched_in


def filled(form: str) -> dict[str, Any]:
    """A template of a form with words in the place of each hint, as JSON values."""
    return written_over(template_of(form))


def written_over(given: dict[str, Any]) -> dict[str, Any]:
    """The same request with words in the place of each hint."""
    for left in untouched_in(msgspec.convert(given, FORMS[given["form"]])):
        holder: Any = given
        *way, name = left.path.replace("[", ".").replace("]", "").split(".")
        for step in way:
            holder = holder[int(step)] if step.isdigit() else holder[step]
        holder[int(name) if name.isdigit() else name] = f"What is said of {left.label}"[:300]
    return given
