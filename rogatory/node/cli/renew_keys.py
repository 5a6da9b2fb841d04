"""`rogatory-node renew-keys`: the next key set, and the file by which the directory's trustees take it in."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.node.cli.client import AnsweredProblem, Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption, PassphraseOption
from rogatory.node.cli.show import show_fields, show_json, show_line
from rogatory.node.errors import DaemonUnreachable
from rogatory.protocol.text import message


def renew_keys(
    unendorsed: Annotated[
        bool, typer.Option("--unendorsed", help="Leave the file to be signed by the recovery key, not by these keys.")
    ] = False,
    folder: FolderOption = HERE,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the next keys of this authority. The node goes on with the old ones until the directory holds the new.

    Its link and all its channels follow by themselves then; keep the vault's backup current.
    """
    # Imported here: other commands start in half the time without the libraries for keys.
    import os

    from rogatory.keys.passphrase import read_passphrase
    from rogatory.node.folder import NodeFolder
    from rogatory.node.renewal.handover import handover_key, seal_identity
    from rogatory.node.renewal.renewing import renew_node_keys

    node = NodeFolder(folder)
    node.check()
    made = renew_node_keys(node, read_passphrase(str(node.vault), passphrase_file), os.urandom, endorsed=not unendorsed)
    sealed = seal_identity(made.identity, handover_key(made.database_key))
    try:
        Client(folder).post("keys", body={"sealed": sealed})
        running: str = message("the running node holds them")
    except DaemonUnreachable:
        running = message("the node holds them when it starts")
    except AnsweredProblem as problem:
        running = message("restart the node: it did not take them ({problem})", problem=str(problem))
    answer = {
        "authority": made.identity.authority,
        "key_set": made.identity.key_set_version,
        "file": str(made.file),
        "fingerprint": made.fingerprint,
        "endorsed": not unendorsed,
        "made_before": made.made_before,
    }
    if as_json:
        show_json(answer)
        return
    show_fields(
        [
            (message("authority"), answer["authority"]),
            (message("key set"), message("{number}; {running}", number=answer["key_set"], running=running)),
            (message("renewal file"), answer["file"]),
            (message("fingerprint"), answer["fingerprint"]),
        ]
    )
    if made.made_before:
        show_line(
            message("These keys wait for the directory since an earlier call: the file was written again for them.")
        )
    if unendorsed:
        show_line(message("Next: sign the file with the recovery key: rogatory-keys authority endorse"))
    show_line(message("Give the file to the directory's trustees, who take it in with: rogatory-keys authority renew"))
    show_line(
        message("Tell correspondents the new fingerprint; each can record it with: rogatory-node authority confirm")
    )
