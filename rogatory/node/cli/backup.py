"""`rogatory-node backup` and `restore`: a node in one encrypted file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption, PassphraseOption
from rogatory.node.cli.show import show_fields, show_json, show_line
from rogatory.protocol.text import counted, message


def backup(
    file: Annotated[Path, typer.Argument(help="The backup; one that is there is replaced, once the new one is whole.")],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the running node into one file, encrypted under its vault's passphrase.

    It holds identity, documents, matters, evidence and what waits to be sent, and never the keys of channels: a
    restored node is let in again by the others. Run it hourly, and after renew-keys.
    """
    size = Client(folder).download(file.resolve(), "backup")
    if as_json:
        show_json({"file": str(file), "bytes": size})
    else:
        show_line(message("written: {file}, {size} bytes", file=file, size=size))


def restore(
    file: Annotated[Path, typer.Argument(help="The newest backup.")],
    folder: Annotated[Path, typer.Argument(help="The folder to make.", resolve_path=True)],
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a node's folder from a backup. Nothing is sent before the node is run.

    Never run it while another node has the same keys.
    """
    # Imported here: other commands start in half the time without the libraries for keys.
    import os
    import time
    from datetime import UTC, datetime

    from rogatory.keys.passphrase import read_passphrase
    from rogatory.node.backup.restoring import restore as restore_node
    from rogatory.node.folder import NodeFolder

    passphrase = read_passphrase(message("{file}, of when it was taken", file=file), passphrase_file)
    made = restore_node(file, NodeFolder(folder), passphrase, now=time.time(), random=os.urandom)
    if as_json:
        show_json(made)
        return
    show_fields(
        [
            (message("authority"), made.authority),
            (message("folder"), made.folder),
            (message("as of"), datetime.fromtimestamp(made.taken_at, UTC)),
            (
                message("to rejoin"),
                counted(
                    "{count} channel; younger ones are learnt from the relay",
                    "{count} channels; younger ones are learnt from the relay",
                    count=made.rejoins,
                ),
            ),
            (
                message("to send"),
                counted(
                    "{count} document; recipients keep one of each",
                    "{count} documents; recipients keep one of each",
                    count=made.unsent,
                ),
            ),
        ]
    )
    show_line(
        message(
            "Next: make sure that the old node runs no more, then: rogatory-node run --folder {folder}",
            folder=made.folder,
        )
    )
    show_line(
        message(
            "What correspondents sent since comes by itself, unless this node had acknowledged it: their officers"
            " are told that it was lost, and share it again with: rogatory-node matter share MATTER --lost-by YOU"
        )
    )
