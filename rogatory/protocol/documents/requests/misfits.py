"""Why fields do not fit their form, as a person who filled them in reads it: which field, and what can stand there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from rogatory.protocol.documents.requests.description import Field, Shape, fields_of
from rogatory.protocol.text import Message, message

_PLACED: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?", re.DOTALL)
_INDEX: Final = re.compile(r"\[\d*\.*\]")


def misfit_of(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> Message:
    """What is wrong with the fields of `kind`; in the words of the decoder where there are none of ours."""
    placed = _PLACED.fullmatch(str(error))
    what, path = (placed["what"], placed["path"] or "") if placed else (str(error), "")
    field = _field_at(kind, path)
    for pattern, worded in _KNOWN:
        if found := re.match(pattern, what):
            return worded(found, path, field)
    return message("{error}", error=str(error))


def _field_at(kind: type[msgspec.Struct], path: str) -> Field | None:
    holder: type[msgspec.Struct] | None = kind
    field: Field | None = None
    for name in _INDEX.sub("", path).split("."):
        known = {} if holder is None else {each.name: each for each in fields_of(holder)}
        field = known.get(name)
        holder = None if field is None else field.part
    return field


def _choice(found: re.Match[str], path: str, field: Field | None) -> Message:
    given = found["given"]
    if field is None or not field.choices:
        return message("{field} cannot be {given}", field=path, given=given)
    return message("{field} cannot be {given}: it is one of {choices}", field=path, given=given, choices=field.choices)


def _form(found: re.Match[str], path: str, field: Field | None) -> Message:
    if field is not None and field.shape is Shape.DATE:
        return message("{field} is a day, written as 2026-12-31", field=path)
    if field is not None and field.shape is Shape.TIME:
        return message("{field} is a time in UTC, written as 2026-12-31T23:59:59Z", field=path)
    if field is not None and field.ask.help:
        return message("{field} is not written as it has to be: {help}", field=path, help=field.ask.help)
    return message("{field} is not written as it has to be, or holds characters that cannot be seen", field=path)


def _long(found: re.Match[str], path: str, field: Field | None) -> Message:
    return message("{field} has more than {limit} characters or items", field=path, limit=int(found["limit"]))


def _missing(found: re.Match[str], path: str, field: Field | None) -> Message:
    return message("the field {field} is missing", field=f"{path}.{found['name']}".lstrip("."))


def _unknown(found: re.Match[str], path: str, field: Field | None) -> Message:
    return message("there is no field {field}", field=f"{path}.{found['name']}".lstrip("."))


def _type(found: re.Match[str], path: str, field: Field | None) -> Message:
    if field is not None and field.shape in (Shape.DATE, Shape.TIME) and not field.many:
        return _form(found, path, field)
    if field is not None and field.shape is Shape.YES_NO:
        return message("{field} is either true or false", field=path)
    if found["wanted"].startswith("array"):
        return message("{field} is a list, in square brackets", field=path)
    if found["wanted"].startswith("object"):
        return message("{field} is a group of fields, in braces", field=path)
    if found["wanted"].startswith("str"):
        return message("{field} is a text, in quotation marks", field=path)
    return message("{field} is of another type: {wanted}", field=path, wanted=found["wanted"])


_Worded = Callable[["re.Match[str]", str, Field | None], Message]
_KNOWN: Final[tuple[tuple[str, _Worded], ...]] = (
    (r"Invalid (?:enum )?value (?P<given>.*)", _choice),
    (r"Expected `str` matching regex", _form),
    (r"Expected `(?:str|array)` of length <= (?P<limit>\d+)", _long),
    (r"Object missing required field `(?P<name>[^`]*)`", _missing),
    (r"Object contains unknown field `(?P<name>[^`]*)`", _unknown),
    (r"Expected `(?P<wanted>[^`]*)`, got", _type),
)
"""How msgspec words what it refuses. What it words otherwise one day is told in its own words."""
