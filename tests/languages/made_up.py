"""Catalogues of languages that nobody has translated to, for tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from rogatory.languages import catalogues
from tests.languages.catalogues import template, written

Translate = Callable[[str], str]


def add_language(monkeypatch: pytest.MonkeyPatch, locale: Path, language: str, translate: Translate) -> None:
    """Let there be this language alone, with every text translated."""
    write_language(locale, language, translate)
    monkeypatch.setattr(catalogues, "LOCALE", locale)


def write_language(locale: Path, language: str, translate: Translate) -> None:
    """A catalogue with every text translated, in a folder of catalogues."""
    file = catalogues.catalogue_file(language, locale)
    file.parent.mkdir(parents=True)
    file.write_bytes(_translated(language, translate))


@cache
def _translated(language: str, translate: Translate) -> bytes:
    catalog = Catalog(locale=language, project="rogatory", fuzzy=False)
    for entry in template():
        if isinstance(entry.id, str) and entry.id:
            catalog.add(entry.id, translate(entry.id))
        elif entry.id:
            one, many = entry.id
            forms = [translate(one), *[translate(many)] * (catalog.num_plurals - 1)]
            catalog.add(entry.id, forms)
    return written(catalog)


def marked(text: str) -> str:
    """A text as it is, each paragraph between brackets; what stands around it stays outside."""
    return "\n\n".join(re.sub(r"\S(.*\S)?", r"⟦\g<0>⟧", paragraph, flags=re.DOTALL) for paragraph in text.split("\n\n"))
