"""`rogatory-node officer`: the persons who use this node."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.keys.files import write_atomically
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_line, show_table
from rogatory.node.folder import NodeFolder
from rogatory.protocol.text import message

app = typer.Typer(help="Officers of this authority, each with a token.", no_args_is_help=True)


@app.command("add")
def add(
    officer: Annotated[str, typer.Argument(help="An id in small letters, as a.mwangi.")],
    name: Annotated[str, typer.Option(help="The person's name, as it stands in signed records.")],
    function: Annotated[str, typer.Option(help="The person's function.")] = "",
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Let a person use this node; the token is written to a file that only this user can read."""
    added = Client(folder).post("officers", body={"id": officer, "name": name, "function": function})
    file = NodeFolder(folder).officer_token(officer)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_atomically(file, added["token"].encode())
    if as_json:
        show_json({"id": officer, "token_file": str(file)})
    else:
        show_line(
            message(
                "added; hand {file} over to {name}, who then acts with: rogatory-node --officer {officer} …",
                file=file,
                name=name,
                officer=officer,
            )
        )


@app.command("list")
def list_officers(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All that there are and were."""
    found = Client(folder).get("officers")
    if as_json:
        show_json(found)
        return
    show_table(
        (message("id"), message("name"), message("function"), message("since"), message("until")),
        [(each["id"], each["name"], each["function"], each["since"], each["until"]) for each in found],
        message("no officers"),
    )


@app.command("end")
def end(officer: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """End a person's access at once."""
    ended = Client(folder).post("officers", officer, "end", body={})
    NodeFolder(folder).officer_token(officer).unlink(missing_ok=True)
    if as_json:
        show_json(ended)
    else:
        show_line(message("{officer} has no access any more", officer=officer))
