"""`rogatory-node init`: new keys for an authority, and the folder of its node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.node.cli.files import read_mapping
from rogatory.node.cli.options import JsonOption, PassphraseOption
from rogatory.node.cli.show import show_fields, show_json, show_line


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", resolve_path=True)],
    authority: Annotated[str, typer.Option(help="The authority's id, as ke.central.")],
    state: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2 code of the State, as ke.")],
    name: Annotated[list[str], typer.Option(help="Its name, LANGUAGE=NAME or NAME; repeatable.")],
    relay: Annotated[str, typer.Option(help="Id of its relay, as relay.nairobi.")],
    competence: Annotated[list[str], typer.Option(help="A purpose it is competent for; repeatable.")] = [],  # noqa: B006
    relay_url: Annotated[list[str], typer.Option(help="Where that relay is first reached; repeatable.")] = [],  # noqa: B006
    root: Annotated[Path | None, typer.Option(help="The directory's root.json, from a trustee.", exists=True)] = None,
    details: Annotated[
        Path | None, typer.Option(help="JSON or TOML file with more of the directory entry.", exists=True)
    ] = None,
    recovery_file: Annotated[
        Path | None, typer.Option(help="Where the recovery key goes; FOLDER/recovery.key if not given.")
    ] = None,
    recovery_passphrase_file: Annotated[
        Path | None, typer.Option(help="Passphrase of the recovery key; that of the vault if not given.")
    ] = None,
    api_port: Annotated[int, typer.Option(help="Port of the local API; 0 takes any free one.")] = 0,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make keys, vault and enrolment file for an authority. Nothing is sent anywhere."""
    # Imported here: other commands start in half the time without the libraries for keys.
    from rogatory.keys.passphrase import new_passphrase
    from rogatory.node.config import NodeConfig
    from rogatory.node.folder import NodeFolder
    from rogatory.node.setup import describe_authority, enrol_node

    entry = describe_authority(
        {
            **(read_mapping(details) if details else {}),
            "id": authority,
            "state": state.upper(),
            "names": dict(_name(text) for text in name),
            "competences": competence or ["mutual_legal_assistance"],
            "relay": relay,
        }
    )
    node = NodeFolder(folder)
    passphrase = new_passphrase(f"the vault of {authority}", passphrase_file)
    recovery_passphrase = passphrase
    if recovery_passphrase_file is not None:
        recovery_passphrase = new_passphrase("the recovery key", recovery_passphrase_file)
    made = enrol_node(
        node,
        entry,
        NodeConfig(authority=authority, relay_urls=tuple(relay_url), api_port=api_port),
        passphrase,
        root=root.read_bytes() if root else None,
        recovery_file=recovery_file or node.recovery,
        recovery_passphrase=recovery_passphrase,
    )
    if as_json:
        show_json(made)
        return
    show_fields(
        [
            ("authority", made.authority),
            ("folder", made.folder),
            ("enrolment file", made.enrolment),
            ("recovery key", made.recovery),
            ("fingerprint", made.fingerprint),
            ("directory root", made.root_fingerprint or f"missing: put root.json into {made.folder}"),
        ]
    )
    show_line("Next: give the enrolment file to the directory's trustees, and confirm the fingerprint in person.")
    show_line("Move the recovery key off this computer: with it, keys that were lost or stolen are replaced.")


def _name(text: str) -> tuple[str, str]:
    language, separator, name = text.partition("=")
    return (language, name) if separator else ("en", text)
