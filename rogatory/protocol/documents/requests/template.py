"""A form to fill in: where something must stand, a hint with the article that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from rogatory.protocol.documents.requests.asking import always
from rogatory.protocol.documents.requests.description import Field, Shape, fields_of
from rogatory.protocol.documents.requests.essentials import says_nothing
from rogatory.protocol.documents.requests.forms import FORMS
from rogatory.protocol.documents.requests.request import Request, form_name

CONVENTION: Final = "United Nations Convention against Transnational Organized Crime"
REFERENCE: Final = "your own file number"
PERSON: Final = "UNTOC 18(15)(e): a person concerned"
OFFENCE: Final = {"name": "the offence", "provisions": "the provisions of law", "penalty": "the penalty"}
_FIXED: Final = frozenset({REFERENCE, PERSON, *OFFENCE.values()})
_WORDED: Final = frozenset({Shape.LINE, Shape.TEXT})
_EXAMPLES: Final = {Shape.DATE: "2026-12-31", Shape.TIME: "2026-12-31T00:00:00Z"}


def template_of(name: str) -> dict[str, Any]:
    """A request of a form as a JSON object, sound as it stands. Raises KeyError for a form that there is not."""
    form = FORMS[name]
    values: dict[str, Any] = {
        "form": form_name(form),
        "reference": REFERENCE,
        "language": "en",
        "urgency": "routine",
        "persons": [{"role": "suspect", "name": PERSON, "nationalities": []}],
        "legal_basis": [{"instrument": CONVENTION, "articles": form.ARTICLE}],
        "offences": [dict(OFFENCE)],
        "dual_criminality": "",
        "procedure": "",
    }
    while missing := _missing(msgspec.convert(values, form)):  # what is essential can depend on what stands elsewhere
        values |= {field.name: _hint(field) for field in missing}
    order = ["form", *(field.name for field in fields_of(form))]
    return {key: values[key] for key in order if key in values}


def _missing(request: Request) -> list[Field]:
    return [
        field
        for field in fields_of(type(request))
        if field.ask.essential(request) and says_nothing(getattr(request, field.name))
    ]


def _hint(field: Field) -> Any:
    value: Any
    if field.part is not None:
        value = {each.name: _hint(each) for each in fields_of(field.part) if each.ask.essential is always}
    elif field.shape is Shape.CHOICE:
        value = field.choices[0]
    else:
        value = _EXAMPLES.get(field.shape, _words_of(field))
    return [value] if field.many else value


def _words_of(field: Field) -> str:
    return f"{field.ask.article}: {field.ask.label}"[:300]


@dataclass(frozen=True, slots=True)
class Untouched:
    """A field that still holds the template's hint. `path`: as it is named in the file, `persons[0].name`."""

    path: str
    label: str
    essential: bool


def untouched_in(request: msgspec.Struct) -> tuple[Untouched, ...]:
    """The fields that say what they ask for instead of saying it, in the order of the form.

    Dates and choices of the template are left out: nobody can tell an example from what was meant.
    """
    return tuple(_untouched(request, ""))


def _untouched(holder: msgspec.Struct, prefix: str) -> Iterator[Untouched]:
    for field in fields_of(type(holder)):
        value, path = getattr(holder, field.name), f"{prefix}{field.name}"
        items = [(f"{path}[{at}]", each) for at, each in enumerate(value)] if field.many else [(path, value)]
        for place, item in items:
            if isinstance(item, msgspec.Struct):
                yield from _untouched(item, f"{place}.")
            elif field.shape in _WORDED and (item == _words_of(field) or item in _FIXED):
                yield Untouched(place, field.ask.label, field.ask.essential(holder))
