"""Which essential parts a request lacks, each with the article that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from rogatory.protocol.documents.base import is_blank
from rogatory.protocol.documents.errors import Gap
from rogatory.protocol.documents.requests.description import fields_of
from rogatory.protocol.text import message


def gaps_of(request: msgspec.Struct) -> tuple[Gap, ...]:
    """The essential parts that a request lacks, in the order of its form; empty if it can be sent."""
    return tuple(_gaps(request))


def _gaps(holder: msgspec.Struct, of: tuple[str, int] | None = None) -> Iterator[Gap]:
    for field in fields_of(type(holder)):
        value = getattr(holder, field.name)
        essential = field.ask.essential(holder)
        if isinstance(value, msgspec.Struct):
            if essential or not says_nothing(value):
                yield from _gaps(value)
        elif essential and says_nothing(value):
            yield Gap(_named(field.ask.label, of), field.ask.article)
        elif field.part is not None and field.many:
            for number, item in enumerate(value, 1):
                yield from _gaps(item, (field.ask.label, number))


def _named(label: str, of: tuple[str, int] | None) -> str:
    """`of`: the list that it stands in, and at which place."""
    return label if of is None else message("{label} ({part}, {number})", label=label, part=of[0], number=of[1])


def says_nothing(value: Any) -> bool:
    """Whether a value of a field is empty, or white space, or a part all of whose fields are."""
    if isinstance(value, msgspec.Struct):
        return all(says_nothing(part) for part in msgspec.structs.astuple(value))
    return value is None or value == () or (isinstance(value, str) and is_blank(value))
