"""Catalogues are whole and in step with the sources. Where one is not: `make messages`, then translate what is new."""

from __future__ import annotations

import re
import string
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from rogatory.languages.catalogues import SOURCE, catalogue_file, languages
from tests.languages.catalogues import entries, strings, template, updated, written

TRANSLATED = [language for language in languages() if language != SOURCE]
_NAME = re.compile(r"[a-z_]+(!r)?")


@cache
def _texts() -> Catalog:
    return template()


def _read(language: str) -> Catalog:
    with catalogue_file(language).open("rb") as file:
        return read_po(file, locale=language)


def _placeholders(text: str) -> list[str]:
    return sorted(
        f"{name}{'!' + conversion if conversion else ''}:{spec}"
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def test_arabic_and_french_are_there() -> None:
    assert {"ar", "fr"} <= set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_stands_in_the_catalogue_and_no_other(language: str) -> None:
    known, wanted = entries(_read(language)), entries(_texts())
    assert known.keys() == wanted.keys(), "run: make messages"
    assert not _read(language).obsolete
    assert {name: entry.id for name, entry in known.items()} == {name: entry.id for name, entry in wanted.items()}
    assert catalogue_file(language).read_bytes() == written(updated(language, _texts())), "run: make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_in_every_plural_form(language: str) -> None:
    catalog = _read(language)
    for entry in entries(catalog).values():
        assert not entry.fuzzy, entry.id
        assert len(strings(entry)) == (catalog.num_plurals if entry.pluralizable else 1), entry.id
        assert all(each.strip() for each in strings(entry)), entry.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_put_in_the_same_values(language: str) -> None:
    for entry in entries(_read(language)).values():
        sources = [entry.id] if isinstance(entry.id, str) else list(entry.id)
        wanted = {name for source in sources for name in _placeholders(source)}
        for each in filter(None, strings(entry)):
            given = set(_placeholders(each))
            # One of a thing may be said in words, without the number.
            assert given == wanted or (entry.pluralizable and given == wanted - {"count:"}), (entry.id, each)


def test_what_is_put_in_has_a_name() -> None:
    for entry in entries(_texts()).values():
        if any(place == "typer" for place, _ in entry.locations):
            continue
        for source in [entry.id] if isinstance(entry.id, str) else entry.id:
            for name in _named(source):
                assert _NAME.fullmatch(name), (source, name)


def _named(source: str) -> list[str]:
    try:
        return [name.rstrip(":") for name in _placeholders(source)]
    except ValueError:  # without values, braces are taken as they are
        return []


def test_a_catalogue_is_written_alike_each_time(tmp_path: Path) -> None:
    first = written(updated("fr", _texts()))
    assert first == written(updated("fr", template()))
