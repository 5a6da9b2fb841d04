"""`rogatory-node inbox`: what happened, in the order in which it happened here."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import short, show_json, show_json_line, show_line

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
    kind = f"{event['kind']} ({event['code']})" if event["code"] else event["kind"]
    show_line(f"{event['id']:>6}  {event['at']}  {kind:<20}  {where:<12}  {event['summary']}")
