"""Text for people in a column: as JSON, so that a `Message` keeps its template and values for any later language."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec
from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from rogatory.protocol.text import Message, in_words


class PeopleText(TypeDecorator[str]):
    """A column of text for people. Statements that are `Prepared` pack and unpack it themselves."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What the column holds."""
        return None if value is None else packed(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """The text."""
        return None if value is None else unpacked(value)


def packed(text: str) -> str:
    """The text as a column holds it."""
    return msgspec.json.encode(_plain(text)).decode()


def unpacked(column: str) -> str:
    """The text of a column: a `Message` if it was one."""
    text: str = _built(msgspec.json.decode(column))
    return text


def _plain(value: object) -> object:
    if isinstance(value, Message):
        values = {name: _plain(each) for name, each in value.values.items()}
        return {"template": value.template, "many": value.many, "values": values}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return _plain(in_words(str(value.value)))
    return value if isinstance(value, int | float) else str(value)


def _built(found: Any) -> Any:
    if isinstance(found, dict) and "moment" in found:
        return datetime.fromisoformat(found["moment"])
    if isinstance(found, dict):
        values = {name: _built(each) for name, each in found["values"].items()}
        return Message.of(found["template"], found["many"], values)
    return tuple(_built(each) for each in found) if isinstance(found, list) else found
