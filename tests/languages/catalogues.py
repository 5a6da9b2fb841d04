"""`make messages`: collect every text that people read, and bring the catalogues in step with them.

Templates come from the sources by Babel; help texts from the commands as they are built; words such as `in_execution`
from the types whose values and fields are shown.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from typer.main import get_command

import rogatory
from rogatory.keys.cli import app as keys_app
from rogatory.languages.catalogues import SOURCE, catalogue_file, languages
from rogatory.languages.commands import OF_TYPER, texts_of
from rogatory.node.cli.main import app as node_app
from rogatory.relay.cli import app as relay_app
from tests.languages.shown import CODES, FIELDS, WORDS

SOURCES: Final = Path(rogatory.__file__).parent
KEYWORDS: Final = {"message": None, "counted": (1, 2)}
WIDTH: Final = 120
CHURNING: Final = tuple(
    f'"{name}:'
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Last-Translator",
        "Report-Msgid-Bugs-To",
        "Language-Team",
    )
)
"""Lines of a catalogue's head that change though no text does, or that say nothing."""

Found = tuple[str | tuple[str, ...], str]
"""A message id, or one and its plural; and where it stands."""


def template() -> Catalog:
    """All texts, without translations, in the order of their files."""
    found = Catalog(project="rogatory", charset="utf-8")
    for identifier, place in sorted(_found(), key=lambda each: (each[1], str(each[0]))):
        found.add(identifier, locations=[(place, None)] if place else [])
    for entry in found:
        if entry.id:
            entry.flags.discard("python-format")
    return found


def _found() -> Iterator[Found]:
    for name, _, identifier, _, _ in extract_from_dir(SOURCES, [("**.py", "python")], keywords=KEYWORDS):
        yield identifier, f"rogatory/{Path(name).as_posix()}"
    of_typer = extract_from_dir(Path(typer.__file__).parent, [("core.py", "python")], keywords={"_": None})
    for _, _, identifier, _, _ in of_typer:
        yield identifier, "typer"
    for text in OF_TYPER:
        yield text, "typer"
    for app in (node_app, keys_app, relay_app):
        command: Any = get_command(app)
        for _, _, text in texts_of(command):
            yield text, f"{command.name}--help"
    for code in (*(str(code.value) for kind in CODES for code in kind), *WORDS):
        yield code.replace("_", " "), "words"
    for struct in FIELDS:
        for field in msgspec.structs.fields(struct):
            yield field.name.replace("_", " "), "words"


def updated(language: str, texts: Catalog) -> Catalog:
    """A language's catalogue in step with the texts: new ones untranslated, none that is not asked for."""
    with catalogue_file(language).open("rb") as file:
        known = read_po(file, locale=language)
    known.update(texts, no_fuzzy_matching=True, update_header_comment=True)
    known.obsolete.clear()
    known.header_comment = "# Texts of Rogatory. `make messages` brings this file in step with the sources."
    known.fuzzy = False
    return known


def written(catalog: Catalog) -> bytes:
    """A catalogue as its file, without what changes though no text does."""
    out = io.BytesIO()
    write_po(out, catalog, width=WIDTH, sort_by_file=True, include_lineno=False)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(CHURNING)).encode()


def entries(catalog: Catalog) -> dict[str, Message]:
    """The texts of a catalogue by their ids, without its head."""
    return {entry.id if isinstance(entry.id, str) else entry.id[0]: entry for entry in catalog if entry.id}


def main() -> None:
    """Write every catalogue; languages named as arguments are begun."""
    texts = template()
    for language in sys.argv[1:]:
        if not catalogue_file(language).exists():
            catalogue_file(language).parent.mkdir(parents=True, exist_ok=True)
            catalogue_file(language).write_bytes(written(Catalog(locale=language, project="rogatory")))
    for language in languages():
        if language == SOURCE:
            continue
        catalog = updated(language, texts)
        catalogue_file(language).write_bytes(written(catalog))
        missing = sum(1 for entry in entries(catalog).values() if not all(strings(entry)))
        print(f"{language}: {len(entries(catalog))} texts, {missing} to translate")


def strings(entry: Message) -> tuple[str, ...]:
    """A translation, in each of its plural forms."""
    return (entry.string or "",) if isinstance(entry.string, str | None) else tuple(entry.string)


if __name__ == "__main__":
    main()
