"""`rogatory-node document`: one document, its evidences, and its signed bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.node.cli.attachments import save_file, show_files
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_line
from rogatory.node.cli.views import show_document
from rogatory.node.errors import Conflict
from rogatory.protocol.text import message

app = typer.Typer(help="Documents: what they say, who signed them, what is proven.", no_args_is_help=True)


@app.command("show")
def show(document: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A document with its evidences. The first digits of its id are enough."""
    found = Client(folder).get("documents", document)
    if as_json:
        show_json(found)
    else:
        show_document(found)


@app.command("save")
def save(
    document: str,
    file: Annotated[Path, typer.Argument(help="A new file; with --attachment also a folder.", resolve_path=True)],
    attachment: Annotated[
        int | None, typer.Option(help="Number of an attachment to save, instead of the document itself.")
    ] = None,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write a document as it was signed (a DSSE envelope), to be checked elsewhere; or one of its attachments.

    An attachment is fetched if it is not here yet. It is written once all of it was checked.
    """
    if attachment is None:
        _write(file, Client(folder).get_bytes("documents", document, "envelope"), as_json)
    else:
        _tell(file, save_file(Client(folder), document, attachment, file), as_json)


@app.command("attachments")
def attachments(document: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A document's attachments, and how far they are on their way."""
    files = Client(folder).get("documents", document, "attachments")
    if as_json:
        show_json(files)
    else:
        show_files(files)


@app.command("prove")
def prove(
    document: str,
    file: Annotated[Path, typer.Argument(help="A new file for the proof.", resolve_path=True)],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write a document's proof file: who said it, when it stood in the log at the latest, who has read it.

    Anybody checks it offline, with: rogatory-keys verify FILE --history HISTORY --root ROOT
    """
    _write(file, Client(folder).get_bytes("documents", document, "proof"), as_json)


def _write(file: Path, data: bytes, as_json: bool) -> None:
    try:
        with file.open("xb") as out:
            out.write(data)
    except FileExistsError:
        raise Conflict(message("{file} exists: nothing was written", file=file), message("name another file")) from None
    _tell(file, len(data), as_json)


def _tell(file: Path, length: int, as_json: bool) -> None:
    if as_json:
        show_json({"file": str(file), "bytes": length})
    else:
        show_line(message("written: {file}", file=file))
