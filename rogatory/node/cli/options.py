"""Options that every command has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FolderOption = Annotated[
    Path,
    typer.Option(
        "--folder",
        "-f",
        envvar="ROGATORY_NODE_FOLDER",
        help="The node's folder.",
        file_okay=False,
        resolve_path=True,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="ROGATORY_NODE_PASSPHRASE_FILE",
        help="A file whose one line is the passphrase; without it, you are asked.",
        dir_okay=False,
    ),
]

HERE = Path()
"""Without --folder, commands use the current one."""
