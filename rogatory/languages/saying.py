"""How a text is said in the reader's language: its template is looked up, and filled with values said alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from enum import Enum
from string import Formatter
from typing import Any, Final

from rogatory.languages import catalogues
from rogatory.languages.catalogues import SOURCE, catalogue, runs_right_to_left
from rogatory.languages.moments import day_in, moment_in
from rogatory.protocol.text import Message, message

_reader: ContextVar[str] = ContextVar("reader", default=SOURCE)

FIRST_STRONG_ISOLATE: Final = "\u2068"
POP_ISOLATE: Final = "\u2069"
_CONTROLS: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Characters that turn the direction of a text: none of them may come with a value."""

_YES, _NO = message("yes"), message("no")
SEPARATOR: Final = message(", ")
"""Between the items of a list."""


class _Filler(Formatter):
    """Fills a template with values said in a language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def convert_field(self, value: Any, conversion: Any) -> Any:
        return repr(str(value)) if conversion == "r" else value

    def format_field(self, value: Any, format_spec: str) -> Any:
        return plainly(value, self._language)


@contextmanager
def reading(language: str) -> Iterator[None]:
    """What is said within goes to a reader of this language."""
    before = _reader.set(language)
    try:
        yield
    finally:
        _reader.reset(before)


def reader() -> str:
    """The language of who is spoken to now."""
    return _reader.get()


def say(text: str, language: str | None = None) -> str:
    """A text in a language, by default the reader's; what is no `Message` stays as it is."""
    if not isinstance(text, Message) or not text.template:
        return str(text)
    language = language or reader()
    known = catalogue(language, catalogues.LOCALE)
    if text.many is None:
        template = known.gettext(text.template)
    else:
        count = text.values["count"]
        assert isinstance(count, int)
        template = known.ngettext(text.template, text.many, count)
    return _Filler(language).vformat(template, (), text.values) if text.values else template


def said(value: object) -> str:
    """A `Message` in the reader's language, for encoders (`enc_hook`). Raises NotImplementedError for anything else."""
    if isinstance(value, Message):
        return say(value)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def word(code: str, language: str | None = None) -> str:
    """A machine's word such as `in_execution` as a person reads it."""
    return catalogue(language or reader(), catalogues.LOCALE).gettext(code.replace("_", " ")) if code else ""


def plainly(value: object, language: str | None = None) -> str:
    """A value within a text: texts, words, days and moments are said, lists joined; anything else stands apart.

    Numbers are not grouped: most are numbers of something, which people type again.
    """
    language = language or reader()
    match value:
        case None:
            return ""
        case Message():
            return say(value, language)
        case bool():
            return say(_YES if value else _NO, language)
        case Enum():
            return word(str(value.value), language)
        case datetime():
            return apart(moment_in(value, language), language)
        case date():
            return day_in(value, language)
        case tuple() | list() | frozenset():
            return say(SEPARATOR, language).join(plainly(each, language) for each in value)
        case _:
            return isolated(str(value), language)


def isolated(text: str, language: str) -> str:
    """A name, id or quoted text so that it keeps its own direction (UAX #9, isolates) and cannot turn the others'."""
    return apart(text.translate(_CONTROLS), language) if runs_right_to_left(language) else text


def apart(text: str, language: str) -> str:
    """A text that may hold isolates itself, in one more."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if text and runs_right_to_left(language) else text
