"""`rogatory-node courier`: messages on a stick, where there is no link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_fields, show_json, show_line
from rogatory.protocol.text import message

app = typer.Typer(help="Courier files: for a node that cannot reach its relay.", no_args_is_help=True)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write, on a stick perhaps.", dir_okay=False)],
    relay: Annotated[str | None, typer.Option(help="The relay it is for; your own by default.")] = None,
    without_attachments: Annotated[
        bool, typer.Option("--without-attachments", help="Leave files out, and what waits for them.")
    ] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write all that waits for the relay into one file that only the relay can open.

    Its operator takes it in (rogatory-relay courier take) and gives a file back. Export as often as you like: what
    the relay has not answered stands in the next file again.
    """
    size = Client(folder).download(
        file.resolve(), "courier", relay=relay, attachments="none" if without_attachments else None
    )
    if as_json:
        show_json({"file": str(file), "bytes": size})
    else:
        show_line(message("written: {file}, {size} bytes", file=file, size=size))
        show_line(
            message("Next: carry it to the relay's operator, and bring back the file you are given for: courier import")
        )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="What the relay's operator gave.", dir_okay=False)],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take in what the relay holds for this authority: messages, files, receipts, acknowledgements, the directory."""
    with file.open("rb") as content:
        told = Client(folder).upload(content, "courier")
    if as_json:
        show_json(told)
    elif told["before"]:
        show_line(
            message(
                "imported before, nothing changed: file {number} of {relay}",
                number=told["number"],
                relay=told["relay"],
            )
        )
    else:
        show_line(message("imported: file {number} of {relay}", number=told["number"], relay=told["relay"]))
        show_fields(
            [
                (message("entries"), told["entries"]),
                (message("invitations"), told["invitations"]),
                (message("answers"), told["answers"]),
                (message("attachments"), told["attachments"]),
            ]
        )
        show_line(message("Next: rogatory-node inbox; what this node answers goes with the next: courier export"))
