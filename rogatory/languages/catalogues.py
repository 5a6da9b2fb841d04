"""Catalogues of translations: one `locale/<language>/LC_MESSAGES/rogatory.po` for each language.

The .po files themselves are read, at the first text that is said in their language: there is no compiled form that
could be missing or older than its source.
"""

from __future__ import annotations

import io
import os
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

SOURCE: Final = "en"
"""The language in which texts are written; it has no catalogue."""

DOMAIN: Final = "rogatory"
LOCALE: Final = Path(os.environ.get("ROGATORY_LOCALE") or Path(__file__).parent / "locale")
"""The catalogues; a translator can name another folder of them, to read what is being written."""


def languages(locale: Path = LOCALE) -> tuple[str, ...]:
    """All languages that texts can be said in, as `fr` or `pt_BR`; the source language first."""
    return SOURCE, *sorted(file.parts[-3] for file in locale.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def catalogue(language: str, locale: Path = LOCALE) -> NullTranslations:
    """The catalogue of a language; an empty one for a language that has none."""
    return _read(file) if (file := catalogue_file(language, locale)).exists() else NullTranslations()


def catalogue_file(language: str, locale: Path = LOCALE) -> Path:
    """Where a language's catalogue stands."""
    return locale / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def _read(file: Path) -> GNUTranslations:
    # Imported here: whoever reads English does not wait for it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=file.parts[-3]))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def runs_right_to_left(language: str) -> bool:
    """Whether a language is written from right to left."""
    if language == SOURCE:
        return False
    from babel import Locale

    return Locale.parse(language).text_direction == "rtl"
