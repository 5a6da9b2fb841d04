"""How answers are printed: JSON for programs, tables and lines in the reader's language for people."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rogatory.languages.saying import (
    FIRST_STRONG_ISOLATE,
    POP_ISOLATE,
    SEPARATOR,
    apart,
    plainly,
    reader,
    said,
    say,
    word,
)
from rogatory.protocol.text import Message

KEPT: Final = (
    "\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
    "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}"
)
"""Characters that do not print and do no harm: line ends, spaces that keep French punctuation with its word, and the
joiners that some scripts need.
"""

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z")


def show_json(value: Any) -> None:
    """One JSON value, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value, enc_hook=said), indent=2).decode() + "\n")


def show_json_line(value: Any) -> None:
    """One JSON value on a line of its own, at once: for streams."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=said).decode() + "\n")
    sys.stdout.flush()


def console() -> Console:
    """Standard output. What others wrote is printed as it stands: no markup, no links, no emoji codes."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """A table, or a line that says that there is nothing."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(say(column), overflow="fold")  # not cut: half an id or half a date is of no use
    for row in rows:
        table.add_row(*(Text(_apart(plain(cell))) for cell in row))
    console().print(table if table.row_count else say(empty), soft_wrap=False)


def show_fields(fields: Iterable[tuple[str, Any]], *, indent: int = 0) -> None:
    """Name and value on a line each; empty values are left out."""
    shown = [(say(name), plain(value)) for name, value in fields if value not in (None, "", [], {})]
    width = max((cell_len(name) for name, _ in shown), default=0)
    for name, value in shown:
        lines = [_apart(line) for line in value.split("\n")]
        gap = " " * (width - cell_len(name))
        console().print(f"{' ' * indent}{name}{gap}  " + f"\n{' ' * (indent + width + 2)}".join(lines))


def show_named(fields: Iterable[tuple[str, Any]], *, indent: int = 0) -> None:
    """As show_fields, with names of the API such as `key_set`."""
    show_fields(((word(name), value) for name, value in fields), indent=indent)


def show_line(text: str, *, indent: int = 0) -> None:
    """A line of text."""
    console().print(" " * indent + plain(text))


def plain(value: Any) -> str:
    """A value as text that cannot move the cursor or recolour the terminal, whoever wrote it; moments in words."""
    match value:
        case list() | tuple():
            several = any(isinstance(item, dict | Message) for item in value)
            return ("\n" if several else say(SEPARATOR)).join(plain(item) for item in value)
        case dict():
            items = [(name, item) for name, item in value.items() if item not in (None, "", [], {})]
            return "; ".join(f"{word(name)}: {plain(item)}" for name, item in items)
        case Message():
            return _printable(say(value))
        case str() if _MOMENT.fullmatch(value):
            return plainly(moment(value))
        case bool() | datetime():
            return plainly(value)
        case _:
            return _printable("" if value is None else str(value))


def moment(text: str) -> datetime:
    """A moment of the API, to be put into a text."""
    return datetime.fromisoformat(text)


def clock(seconds: float | None) -> str:
    """Unix seconds as a moment in UTC, to the second."""
    return "" if seconds is None else plainly(datetime.fromtimestamp(seconds, UTC))


def short(identifier: str | None) -> str:
    """The first digits of a long id; commands take them too where they are unique."""
    return (identifier or "")[:12]


def _apart(line: str) -> str:
    return apart(line, reader())


def _printable(text: str) -> str:
    """Isolates stay where each is closed, as in texts of this program: they turn nothing outside."""
    kept = KEPT + (FIRST_STRONG_ISOLATE + POP_ISOLATE if _closes_isolates(text) else "")
    return "".join(char if char.isprintable() or char in kept else "\N{REPLACEMENT CHARACTER}" for char in text)


def _closes_isolates(text: str) -> bool:
    depth = 0
    for char in text:
        depth += {FIRST_STRONG_ISOLATE: 1, POP_ISOLATE: -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0
