"""What is printed cannot play tricks with the reader's terminal."""

from __future__ import annotations

import json

import pytest

from rogatory.node.cli.show import clock, plain, short, show_fields, show_json, show_line, show_table


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J",
        "a\x07b",
        "\u202ereversed",
        "\x9b31m",
        "tab\there",
        "return\rover",
        "\u2066isolate",
        "\u2068open",
        "\u2069\u2068",
        "\u2068a\u2069\u2069",
    ],
)
def test_nothing_that_moves_the_cursor_or_the_reading_is_printed(text: str) -> None:
    assert all(char.isprintable() for char in plain(text))
    assert plain(text) != text


def test_letters_of_every_script_stay() -> None:
    for text in (
        "Réponse n° 3",
        "من \u2068ke.central\u2069",
        "\u200fke.central: وصل",
        "Запрос",
        "طلب المساعدة",
        "请求",
        "می\u200cخواهم",
        "two\nlines",
    ):
        assert plain(text) == text


def test_values_are_shown_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert plain([True, None, "x"]) == "yes, , x"
    assert plain({"name": "n", "empty": ""}) == "name: n"
    show_fields([("subject", "a [bold]subject[/bold] :smile:"), ("nothing", None), ("long", "one\ntwo")])
    assert capsys.readouterr().out.splitlines() == [
        "subject  a [bold]subject[/bold] :smile:",
        "long     one",
        "         two",
    ]


def test_an_empty_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("a", "b"), [], "nothing here")
    show_table(("a", "b"), [("[red]1[/red]", 2)], "nothing here")
    out = capsys.readouterr().out
    assert out.startswith("nothing here\n")
    assert "[red]1[/red]" in out


def test_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"a": "é"})
    assert json.loads(capsys.readouterr().out) == {"a": "é"}
    show_line("\x1b[31mred")
    assert "\x1b" not in capsys.readouterr().out


def test_times_and_ids_are_short() -> None:
    assert clock(0) == "1970-01-01 00:00:00Z"
    assert clock(None) == ""
    assert short("ab" * 32) == "ab" * 6
    assert short(None) == ""


def test_a_table_on_a_narrow_terminal_folds_what_it_cannot_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "16")
    show_table(("matter", "due"), [("0b2e37e069cf", "2027-02-14")], "nothing is due")
    shown = capsys.readouterr().out
    assert "…" not in shown
    left = "".join(line[:7].strip() for line in shown.splitlines()[1:])
    assert set("0b2e37e069cf") <= set(left)
    assert sum(map(str.isalnum, shown)) == len("matterdue0b2e37e069cf20270214")
