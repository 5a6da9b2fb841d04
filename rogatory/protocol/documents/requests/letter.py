"""A request as a letter: its fields in order, under their headings, as labels and text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from rogatory.protocol.documents.base import is_blank
from rogatory.protocol.documents.requests.asking import Section
from rogatory.protocol.documents.requests.description import fields_of
from rogatory.protocol.documents.requests.request import Request


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One field that says something. `label` and `section` are message ids; `article` is where it is asked for."""

    section: Section
    label: str
    article: str
    lines: tuple[str, ...]


def paragraphs_of(request: Request) -> tuple[Paragraph, ...]:
    """What the request says, in the order of a letter; what is left empty is left out."""
    return tuple(
        Paragraph(field.section, field.ask.label, field.ask.article, lines)
        for field in fields_of(type(request))
        if (lines := tuple(_lines(getattr(request, field.name))))
    )


def letter_of(request: Request) -> str:
    """The letter as plain text."""
    written = [request.TITLE, f"(UNTOC article {request.ARTICLE})"]
    section = None
    for paragraph in paragraphs_of(request):
        if paragraph.section is not section:
            section = paragraph.section
            written += ["", section.value.upper()]
        label = paragraph.label[0].upper() + paragraph.label[1:]
        if len(paragraph.lines) == 1 and len(paragraph.lines[0]) <= 100:
            written.append(f"{label}: {paragraph.lines[0]}")
        else:
            written += [f"{label}:", *(f"    {line}" for line in paragraph.lines)]
    return "\n".join(written) + "\n"


def _lines(value: Any) -> Iterator[str]:
    if value is None or value is False or value == () or (isinstance(value, str) and is_blank(value)):
        return
    if value is True:
        yield "yes"
    elif isinstance(value, Enum):
        yield str(value.value).replace("_", " ")
    elif isinstance(value, msgspec.Struct):
        said = ((field.ask.label, "; ".join(_lines(getattr(value, field.name)))) for field in fields_of(type(value)))
        if line := "; ".join(f"{label}: {text}" for label, text in said if text):
            yield line
    elif isinstance(value, tuple):
        if all(isinstance(item, str) for item in value):
            yield ", ".join(line for item in value for line in _lines(item))
        else:
            for number, item in enumerate(value, 1):
                yield from (f"{number}. {line}" for line in _lines(item))
    else:
        yield from str(value).splitlines()
