"""`rogatory-node inbox`: what happened, in the order in which it happened here."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import plain, short, show_json, show_json_line, show_line

HELD: Final = 25
"""Seconds for which the daemon holds a question until something happens."""


def inbox(
    after: Annotated[int, typer.Option(help="Only what came after the event with this number.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="At most so many, without --follow.", min=1, max=1000)] = 100,
    follow: Annotated[bool, typer.Option("--follow", help="Go on and print events as they come.")] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Documents, receipts, acknowledgements, agreements asked for, troubles. With --follow --json, one a line."""
    client = Client(folder)
    if not follow:
        page = client.get("inbox", after=after, limit=limit)
        if as_json:
            show_json(page)
        for event in [] if as_json else page["events"]:
            _show(event)
        return
    while True:
        page = client.get("inbox", after=after, limit=limit, wait=HELD)
        for event in page["events"]:
            if as_json:
                show_json_line(event)
            else:
                _show(event)
        after = page["last"]


def _show(event: dict[str, Any]) -> None:
    where = event["network"] or short(event["matter"])
    # The code of a trouble is what documentation names it by; the others are words.
    code = event["code"] if event["kind"] == "trouble" else word(event["code"] or "")
    kind = f"{word(event['kind'])} ({code})" if code else word(event["kind"])
    parts = (f"{event['id']:>6}", plain(event["at"]), f"{kind:<20}", f"{where:<12}", plain(event["summary"]))
    show_line("  ".join(parts))
