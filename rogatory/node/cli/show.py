"""How answers are printed: JSON for programs, tables and lines for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

KEPT: Final = "\n\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Characters that do not print and do no harm: line ends, and the joiners that some scripts need."""


def show_json(value: Any) -> None:
    """One JSON value, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show_json_line(value: Any) -> None:
    """One JSON value on a line of its own, at once: for streams."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def console() -> Console:
    """Standard output. What others wrote is printed as it stands: no markup, no links, no emoji codes."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """A table, or a line that says that there is nothing."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console().print(table if table.row_count else empty, soft_wrap=False)


def show_fields(fields: Iterable[tuple[str, Any]]) -> None:
    """Name and value on a line each; empty values are left out."""
    shown = [(name, plain(value)) for name, value in fields if value not in (None, "", [], {})]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        indented = value.replace("\n", "\n" + " " * (width + 2))
        console().print(f"{name:<{width}}  {indented}")


def show_line(text: str) -> None:
    """A line of text."""
    console().print(plain(text))


def plain(value: Any) -> str:
    """A value as text that cannot move the cursor or recolour the terminal, whoever wrote it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ("\n" if any(isinstance(item, dict) for item in value) else ", ").join(plain(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {plain(item)}" for name, item in value.items() if item not in (None, "", [], {}))
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() or char in KEPT else "\N{REPLACEMENT CHARACTER}" for char in text)


def clock(seconds: float | None) -> str:
    """Unix seconds as UTC, to the second."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def short(identifier: str | None) -> str:
    """The first digits of a long id; commands take them too where they are unique."""
    return (identifier or "")[:12]
