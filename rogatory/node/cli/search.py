"""`rogatory-node search`: one's own matters by their words."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import short, show_json, show_table
from rogatory.protocol.text import message


def search(
    words: Annotated[list[str] | None, typer.Argument(help='Words; "some words" in order; begin* for any end.')] = None,
    kind: Annotated[str | None, typer.Option(help="Of document: request, reply, consultation, announcement.")] = None,
    author: Annotated[str | None, typer.Option(help="An authority, as ke.central, or all of a State, as ke.")] = None,
    state: Annotated[str | None, typer.Option(help="Where the matter stands, as in_execution.")] = None,
    matter: Annotated[str | None, typer.Option(help="In this matter only.")] = None,
    since: Annotated[str | None, typer.Option(help="On this day or later, as 2026-01-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this day.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1000)] = 20,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Look for documents in this authority's own matters and networks; letters fold in every script."""
    given = {"kind": kind, "author": author, "state": state, "matter": matter, "since": since, "until": until}
    query = {name: value for name, value in given.items() if value is not None}
    found = Client(folder).get("search", q=" ".join(words or []), limit=limit, **query)
    if as_json:
        show_json(found)
        return
    show_table(
        (
            message("document"),
            message("kind"),
            message("author"),
            message("when"),
            message("title"),
            message("matter"),
            message("subject"),
        ),
        [
            (
                short(each["document"]["id"]),
                word(each["document"]["kind"]),
                each["document"]["author"],
                each["document"]["logged_at"] or each["document"]["written_at"],
                each["document"]["title"],
                short(each["document"]["matter"]),
                each["subject"],
            )
            for each in found
        ],
        message("nothing found; words have to stand as they are written: begin* finds any ending"),
    )
