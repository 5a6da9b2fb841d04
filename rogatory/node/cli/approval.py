"""`rogatory-node approval`: four eyes on what is sent."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import short, show_json, show_line, show_named, show_table
from rogatory.node.cli.views import show_sent
from rogatory.protocol.text import message

app = typer.Typer(help="What one officer prepared and a second one approves.", no_args_is_help=True)


@app.command("list")
def list_drafts(
    every: Annotated[bool, typer.Option("--all", help="Also what was decided on.")] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Drafts that wait for a second officer."""
    found = Client(folder).get("approvals", all="yes" if every else None)
    if as_json:
        show_json(found)
        return
    columns = (
        message("draft"),
        message("what"),
        message("prepared by"),
        message("at"),
        message("state"),
        message("decided by"),
    )
    rows = [
        (
            short(each["draft"]),
            word(each["doing"]),
            each["prepared_by"],
            each["prepared_at"],
            word(each["state"]),
            each["decided_by"],
        )
        for each in found
    ]
    show_table(columns, rows, message("nothing waits"))


@app.command("show")
def show(draft: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A draft as it would be sent."""
    found = Client(folder).get("approvals", draft)
    if as_json:
        show_json(found)
        return
    given = found.pop("given")
    show_named([*found.items(), *given.pop("fields").items(), *given.items()])


@app.command("give")
def give(draft: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """Approve: sign and send it."""
    show_sent(Client(folder).post("approvals", draft, "approval", body={}), as_json)


@app.command("refuse")
def refuse(
    draft: str,
    reason: Annotated[str, typer.Option(help="What should be changed.")],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Do not send it."""
    found = Client(folder).post("approvals", draft, "refusal", body={"reason": reason})
    if as_json:
        show_json(found)
    else:
        show_line(message("refused: {draft}", draft=short(found["draft"])))
