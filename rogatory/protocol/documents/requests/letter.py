"""A request as a letter: its fields in order, under their headings, as labels and text, in whatever language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from rogatory.protocol.documents.base import is_blank
from rogatory.protocol.documents.requests.asking import Section
from rogatory.protocol.documents.requests.description import fields_of
from rogatory.protocol.documents.requests.request import Request
from rogatory.protocol.text import Message, in_words, message


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One field that says something. `label` and `section` are message ids; `article` is where it is asked for."""

    section: Section
    label: str
    article: str
    lines: tuple[str, ...]


Say = Callable[[str], str]
"""From a `Message` to the words of a reader's language; `str` for English."""


def paragraphs_of(request: Request, say: Say = str) -> tuple[Paragraph, ...]:
    """What the request says, in the order of a letter; what is left empty is left out."""
    return tuple(
        Paragraph(field.section, field.ask.label, field.ask.article, lines)
        for field in fields_of(type(request))
        if (lines := tuple(_lines(getattr(request, field.name), say)))
    )


def letter_of(request: Request, say: Say = str) -> str:
    """The letter as plain text. What is signed or kept for others is English: the same bytes wherever it is made."""
    written = [say(request.TITLE), say(message("(UNTOC article {article})", article=request.ARTICLE))]
    section = None
    for paragraph in paragraphs_of(request, say):
        if paragraph.section is not section:
            section = paragraph.section
            written += ["", say(in_words(section.value)).upper()]
        label = say(paragraph.label)
        label = label[0].upper() + label[1:]
        if len(paragraph.lines) == 1 and len(paragraph.lines[0]) <= 100:
            written.append(f"{label}: {paragraph.lines[0]}")
        else:
            written += [f"{label}:", *(f"    {line}" for line in paragraph.lines)]
    return "\n".join(written) + "\n"


def wording_of(value: Enum) -> Message:
    """A choice as people read it: in the words that it has for itself, where it is coded by a letter."""
    worded: Message | None = getattr(value, "wording", None)
    return in_words(str(value.value)) if worded is None else worded


def _lines(value: Any, say: Say) -> Iterator[str]:
    if value is None or value is False or value == () or (isinstance(value, str) and is_blank(value)):
        return
    if value is True:
        yield say(message("yes"))
    elif isinstance(value, Enum):
        yield say(wording_of(value))
    elif isinstance(value, msgspec.Struct):
        told = (
            (say(field.ask.label), "; ".join(_lines(getattr(value, field.name), say)))
            for field in fields_of(type(value))
        )
        if line := "; ".join(f"{label}: {text}" for label, text in told if text):
            yield line
    elif isinstance(value, tuple):
        if value and all(hasattr(item, "wording") for item in value):
            yield from (line for item in value for line in _lines(item, say))
        elif all(isinstance(item, str) for item in value):
            yield ", ".join(line for item in value for line in _lines(item, say))
        else:
            for number, item in enumerate(value, 1):
                yield from (f"{number}. {line}" for line in _lines(item, say))
    else:
        yield from str(value).splitlines()
