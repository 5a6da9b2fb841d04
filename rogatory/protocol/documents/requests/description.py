"""A form's fields as values, from which entry, schema and letter are derived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from rogatory.protocol.documents.fields import Date, Timestamp
from rogatory.protocol.documents.requests.asking import PRACTICE, Ask, Section
from rogatory.protocol.text import in_words


class Shape(StrEnum):
    """What stands in a field."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    """RFC 3339 in UTC."""
    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `many`: a list of them. `part`: the struct of a group of fields. `worded`: what choices that are mere
    letters stand for.
    """

    name: str
    ask: Ask
    shape: Shape
    many: bool = False
    choices: tuple[str, ...] = ()
    worded: tuple[str, ...] = ()
    part: type[msgspec.Struct] | None = None
    default: Any = None

    @property
    def section(self) -> Section:
        """Where it is printed."""
        return self.ask.section


_PATTERNS: Final = {
    Shape.DATE: get_args(Date)[1].pattern,
    Shape.TIME: get_args(Timestamp)[1].pattern,
}

LINE_LENGTH: Final = 300
"""Longest text that is entered on one line."""


@cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a form or part, in the order in which they are asked for."""
    found = [_field(info) for info in msgspec.structs.fields(struct)]
    order = list(Section)
    return tuple(sorted(found, key=lambda field: order.index(field.section)))


def _field(info: msgspec.structs.FieldInfo) -> Field:
    asks = [extra for extra in _extras(info.type) if isinstance(extra, Ask)]
    ask = asks[0] if asks else Ask(PRACTICE, in_words(info.name))
    default = None if info.default is msgspec.NODEFAULT else info.default
    kind, many = _bare(info.type), False
    if get_origin(kind) is tuple:
        kind, many = _bare(get_args(kind)[0]), True
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return Field(info.name, ask, Shape.PART, many, part=kind, default=default)
    if isinstance(kind, type) and issubclass(kind, Enum):
        worded = tuple(each.wording for each in kind if hasattr(each, "wording"))
        choices = tuple(str(each.value) for each in kind)
        return Field(info.name, ask, Shape.CHOICE, many, choices, worded, default=default)
    if kind is bool:
        return Field(info.name, ask, Shape.YES_NO, many, default=default)
    if kind is int:
        return Field(info.name, ask, Shape.NUMBER, many, default=default)
    patterns = {extra.pattern for extra in _extras(info.type) if isinstance(extra, msgspec.Meta)}
    for shape, pattern in _PATTERNS.items():
        if pattern in patterns:
            return Field(info.name, ask, shape, many, default=default)
    lengths = [extra.max_length for extra in _extras(info.type) if isinstance(extra, msgspec.Meta)]
    long = any(length is not None and length > LINE_LENGTH for length in lengths)
    return Field(info.name, ask, Shape.TEXT if long and not many else Shape.LINE, many, default=default)


def _bare(hint: Any) -> Any:
    """The type without its annotations and without None."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif get_origin(hint) in (Union, UnionType):
            (hint,) = (each for each in get_args(hint) if each is not NoneType)
        else:
            return hint


def _extras(hint: Any) -> Iterable[Any]:
    if get_origin(hint) is Annotated:
        yield from hint.__metadata__
        yield from _extras(get_args(hint)[0])
    elif get_origin(hint) in (Union, UnionType):
        for each in get_args(hint):
            yield from _extras(each)
