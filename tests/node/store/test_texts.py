"""Text for people outlives the process with its template and values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select

from rogatory.languages import say
from rogatory.node.inbox.views import Stage
from rogatory.node.store.texts import PeopleText, packed, unpacked
from rogatory.protocol.text import Message, counted, in_words, message

_INNER = message("the network {network}", network="WACAP")
_TEXTS = [
    message("nothing is left to do"),
    message("this node's keys of {name} are deleted; its documents and their evidences stay", name=_INNER),
    message("{names} left the network {network}", names=("tz.central", _INNER), network="wacap"),
    counted("{count} document", "{count} documents", count=3),
    in_words("in_execution"),
    message("opened on {at}", at=datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize("text", _TEXTS)
def test_a_message_comes_back_with_its_template_and_values(text: Message) -> None:
    found = unpacked(packed(text))
    assert isinstance(found, Message)
    assert (found, found.template, found.many) == (text, text.template, text.many)
    assert found.values == text.values
    for language in ("ar", "fr"):
        assert say(found, language) == say(text, language)


@pytest.mark.parametrize("text", ["", "a title", '{"template": "x"}', "عنوان", "[1]"])
def test_other_text_comes_back_as_it_was(text: str) -> None:
    found = unpacked(packed(text))
    assert found == text
    assert not isinstance(found, Message)


def test_a_word_of_an_enumeration_stays_a_word() -> None:
    found = unpacked(packed(message("it is {stage}", stage=Stage.DELIVERED)))
    assert isinstance(found, Message)
    assert found.values["stage"] == in_words("delivered")


def test_a_column_keeps_texts_and_their_absence() -> None:
    table = Table("told", MetaData(), Column("id", Integer, primary_key=True), Column("text", PeopleText))
    engine = create_engine("sqlite://")
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"text": _TEXTS[1]}, {"text": "plain"}, {"text": None}])
        found = list(connection.scalars(select(table.c.text).order_by(table.c.id)))
    assert found == [_TEXTS[1], "plain", None]
    assert isinstance(found[0], Message)
