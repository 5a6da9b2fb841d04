"""`rogatory-node dossier`: a whole matter in one file, for a court or a file cabinet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_line
from rogatory.node.errors import Conflict
from rogatory.protocol.text import message

app = typer.Typer(help="Dossiers: a whole matter in one file that anybody can check.", no_args_is_help=True)


@app.command("export")
def export(
    matter: str,
    file: Annotated[Path, typer.Argument(help="A new .zip file.", resolve_path=True)],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write a matter's documents, attachments and evidences to one zip file, signed as a whole. It is NOT encrypted.

    Anybody checks it offline, with: rogatory-keys verify FILE --root ROOT
    """
    if file.exists():
        raise Conflict(message("{file} exists: nothing was written", file=file), message("name another file"))
    length = Client(folder).download(file, "matters", matter, "dossier")
    if as_json:
        show_json({"file": str(file), "bytes": length})
    else:
        show_line(message("written: {file}", file=file))
        show_line(message("it is not encrypted: handle it as the use limits in its README.txt say"))
