"""Text for people: English that keeps its template and values, so that an interface can say it in another language.

A `Message` is a `str`, the English text: what raises, stores or logs it need not know. Where a reader's language is
known, the template is looked up in that language and filled with the same values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final, Self

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Message(str):
    """English text. `template` is its message id; `many` the plural's, for a template that counts `values["count"]`."""

    __slots__ = ("many", "template", "values")

    template: str
    many: str | None
    values: Mapping[str, object]

    @classmethod
    def of(cls, template: str, many: str | None, values: Mapping[str, object]) -> Self:
        """The text; `values` fill the names in braces. They may be messages, enumerated words,
        moments or tuples (shown as lists)."""
        chosen = template if many is None or values["count"] == 1 else many
        text = cls(chosen.format(**{name: _shown(value) for name, value in values.items()}) if values else chosen)
        text.template, text.many, text.values = template, many, values
        return text


def message(template: str, /, **values: object) -> Message:
    """English text for people, with names in braces for what is put in: `message("no {thing} here", thing=thing)`.

    Without values, braces are taken as they are.
    """
    return Message.of(template, None, values or _NOTHING)


def counted(one: str, many: str, /, *, count: int, **values: object) -> Message:
    """English text that depends on a number: `counted("{count} document", "{count} documents", count=3)`."""
    return Message.of(one, many, {"count": count, **values})


def in_words(code: str) -> Message:
    """A machine's word such as `in_execution`, as people read it."""
    return message(code.replace("_", " "))


def text_of(error: BaseException) -> str:
    """What an error was raised with: its `Message` if it has one (`str(error)` is the English text alone)."""
    given = error.args[0] if len(error.args) == 1 else None
    return given if isinstance(given, Message) else str(error)


def plain_text(value: object) -> str:
    """A `Message` as English text, for encoders (`enc_hook`). Raises NotImplementedError for anything else."""
    if isinstance(value, Message):
        return str(value)
    raise NotImplementedError(f"cannot encode {type(value).__name__}")


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(_shown(each)) for each in value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value.tzname() == "UTC" else str(value)
    return in_words(str(value.value)) if isinstance(value, Enum) else value
