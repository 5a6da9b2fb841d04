"""`rogatory-node statistics`: how many requests, and how long they took."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_table
from rogatory.protocol.text import message


def statistics(
    by: Annotated[str, typer.Option(help="all, direction, state, kind, article, offence, urgency or outcome.")] = "all",
    since: Annotated[str | None, typer.Option(help="Sent on this day or later, as 2026-01-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Sent before this day.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Counts and times of requests by State, kind and more; nothing of their content."""
    given = {name: value for name, value in {"by": by, "since": since, "until": until}.items() if value is not None}
    client = Client(folder)
    if as_csv:
        typer.echo(client.get_bytes("statistics", format="csv", **given).decode(), nl=False)
        return
    found = client.get("statistics", **given)
    if as_json:
        show_json(found)
        return
    columns = (
        message(by),
        message("requests"),
        message("stage"),
        message("reached"),
        message("lower quartile"),
        message("median"),
        message("upper quartile (days)"),
    )
    show_table(columns, [row for figure in found for row in _rows(figure)], message("no requests"))


def _rows(figure: dict[str, Any]) -> list[tuple[Any, ...]]:
    lines = [
        (word(each["stage"]), each["count"], each["lower_quartile"], each["median"], each["upper_quartile"])
        for each in figure["elapsed"]
    ] or [("", "", "", "", "")]
    heads = [(word(figure["value"]), figure["count"])] + [("", "")] * (len(lines) - 1)
    return [(*head, *line) for head, line in zip(heads, lines, strict=True)]
