"""Messages are English text that remembers how it was made."""

from __future__ import annotations

import pytest

from rogatory.protocol.text import Message, counted, message, text_of


def test_a_message_is_its_english_text_and_keeps_template_and_values() -> None:
    inner = message("the network {name}", name="WACAP")
    text = message("no {thing!r} in {place}", thing="x", place=inner)
    assert text == "no 'x' in the network WACAP"
    assert (text.template, text.many) == ("no {thing!r} in {place}", None)
    assert text.values == {"thing": "x", "place": inner}
    assert isinstance(ValueError(text).args[0], Message)


def test_braces_in_values_stay_as_they_are() -> None:
    assert message("refused: {why}", why="{0.__class__} {why}") == "refused: {0.__class__} {why}"
    assert message("{as it is}") == "{as it is}"


def test_a_missing_value_is_a_fault_where_the_text_is_made() -> None:
    with pytest.raises(KeyError):
        message("no {thing}", other="x")


@pytest.mark.parametrize(("count", "said"), [(0, "0 documents"), (1, "1 document"), (2, "2 documents")])
def test_text_that_counts(count: int, said: str) -> None:
    text = counted("{count} document", "{count} documents", count=count)
    assert text == said
    assert (text.template, text.many) == ("{count} document", "{count} documents")


def test_a_tuple_is_shown_as_a_list() -> None:
    text = message("{names} stay out", names=("tz.central", message("others")))
    assert text == "tz.central, others stay out"
    assert text.values == {"names": ("tz.central", "others")}


def test_an_errors_text_is_the_message_that_it_was_raised_with() -> None:
    given = message("no {thing}", thing="x")
    assert text_of(ValueError(given)) is given
    assert text_of(ValueError("plain")) == "plain"
    assert text_of(OSError(2, "gone")) == "[Errno 2] gone"
