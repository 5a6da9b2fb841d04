"""A text is said in the reader's language with its values, and values cannot disturb it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from rogatory.languages import of_environment, of_header, reading, say, word
from rogatory.languages.saying import plainly, said
from rogatory.protocol.life.table import State
from rogatory.protocol.text import counted, message
from tests.languages.made_up import add_language, marked

MOMENT = datetime(2026, 11, 3, 20, 5, 9, tzinfo=UTC)


def test_a_language_is_added_by_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_environment({"LANG": "sw_TZ.UTF-8"}) == "en"
    add_language(monkeypatch, tmp_path, "sw", marked)
    assert of_environment({"LANG": "sw_TZ.UTF-8"}) == "sw"
    with reading("sw"):
        assert say(message("no networks")) == "no networks"  # not among the texts
        assert say(message("no keys")) == "⟦no keys⟧"


def test_values_are_said_in_the_same_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_language(monkeypatch, tmp_path, "sw", marked)
    text = message("{name} cannot be had: {reason}", name="a.pdf", reason=message("no keys"))
    assert say(text) == str(text) == "a.pdf cannot be had: no keys"
    assert say(text, "sw") == "⟦a.pdf cannot be had: ⟦no keys⟧⟧"
    assert plainly((State.IN_EXECUTION, "x", True), "sw") == "⟦in execution⟧⟦,⟧ x⟦,⟧ ⟦yes⟧"
    assert word("in_execution", "sw") == "⟦in execution⟧"
    assert say(message("{a!r} {b}", a="it's", b=None), "sw") == '"it\'s" '


@pytest.mark.parametrize(("count", "arabic"), [(0, 0), (1, 1), (2, 2), (3, 3), (11, 4), (100, 5)])
def test_a_number_chooses_among_all_plural_forms(
    count: int, arabic: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ar/LC_MESSAGES/rogatory.po"
    file.parent.mkdir(parents=True)
    forms = "\n".join(f'msgstr[{form}] "form {form} of {{count}}"' for form in range(6))
    file.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=6; plural=(n==0 ? 0'
        ' : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5);\\n"\n\n'
        f'msgid "{{count}} file"\nmsgid_plural "{{count}} files"\n{forms}\n'
    )
    monkeypatch.setattr("rogatory.languages.catalogues.LOCALE", tmp_path)
    text = counted("{count} file", "{count} files", count=count)
    assert say(text) == f"{count} file{'' if count == 1 else 's'}"
    assert say(text, "ar") == f"form {arabic} of \u2068{count}\u2069"


def test_values_within_arabic_keep_their_own_direction_and_turn_no_other() -> None:
    text = message("nothing is known of {name}", name="ke.central\u2069\u202e")
    assert say(text, "ar").endswith("\u2068ke.central\u2069")
    assert say(text, "fr").count("\u2068") == 0


def test_moments_are_told_with_their_zone_and_by_the_languages_calendar() -> None:
    assert plainly(MOMENT) == "2026-11-03 20:05:09Z"
    assert plainly(MOMENT, "fr") == "3 nov. 2026, 20:05:09 UTC"
    assert plainly(MOMENT, "ar") == "\u20683 نوفمبر 2026, 20:05:09 UTC\u2069"
    nairobi = MOMENT.astimezone(timezone(timedelta(hours=3), "EAT"))
    assert plainly(nairobi, "fr") == "3 nov. 2026, 23:05:09 EAT"
    assert plainly(nairobi) == "2026-11-03 23:05:09 EAT"
    assert plainly(date(2026, 11, 3), "fr") == "3 novembre 2026"


def test_an_encoder_says_texts_and_refuses_anything_else() -> None:
    with reading("en"):
        assert msgspec.json.encode({"a": message("yes")}, enc_hook=said) == b'{"a":"yes"}'
        with pytest.raises(NotImplementedError):
            msgspec.json.encode(object(), enc_hook=said)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "ar_EG"}, "ar"),
        ({"LC_ALL": "POSIX", "LANG": "fr"}, "en"),
        ({"ROGATORY_LANGUAGE": "ar", "LC_ALL": "fr"}, "ar"),
        ({"ROGATORY_LANGUAGE": "", "LC_ALL": "fr@euro"}, "fr"),
        ({"ROGATORY_LANGUAGE": "../../etc"}, "en"),
    ],
)
def test_the_environment_names_the_language(environment: dict[str, str], language: str) -> None:
    assert of_environment(environment) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("de, fr-CA;q=0.8, en;q=0.9", "en"),
        ("de, ar-EG;q=0.8", "ar"),
        ("fr;q=0, ar;q=0.1", "ar"),
        ("*", "en"),
        ("fr;q=x, ;;;,", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_a_header_names_the_language(header: str, language: str) -> None:
    assert of_header(header) == language
