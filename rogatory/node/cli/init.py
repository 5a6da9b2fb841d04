"""`rogatory-node init`: new keys for an authority, and the folder of its node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.languages import say
from rogatory.node.cli.files import read_mapping
from rogatory.node.cli.options import JsonOption, PassphraseOption
from rogatory.node.cli.show import show_fields, show_json, show_line
from rogatory.protocol.text import Message, message


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", resolve_path=True)],
    authority: Annotated[str, typer.Option(help="The authority's id, as ke.central.")],
    state: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2 code of the State, as ke.")] = None,
    name: Annotated[list[str], typer.Option(help="Its name, LANGUAGE=NAME or NAME; repeatable.")] = [],  # noqa: B006
    relay: Annotated[str | None, typer.Option(help="Id of its relay, as relay.nairobi.")] = None,
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
    recover: Annotated[
        bool, typer.Option("--recover", help="All keys are lost but the recovery key, which --recovery-file names.")
    ] = False,
    key_set: Annotated[
        int | None,
        typer.Option(help="After a loss: one more than the number of the directory's newest key set of the authority."),
    ] = None,
    api_port: Annotated[int, typer.Option(help="Port of the local API; 0 takes any free one.")] = 0,
    passphrase_file: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make keys, vault and enrolment file for an authority. Nothing is sent anywhere.

    After a loss of everything: with --recover, the recovery key signs the new keys. Where that is lost too, give
    --key-set alone; trustees take the file in with rogatory-keys authority renew --unendorsed.
    """
    if recover:
        _recover(
            folder,
            authority,
            relay_url,
            root,
            recovery_file,
            recovery_passphrase_file,
            key_set,
            api_port,
            passphrase_file,
            as_json,
        )
        return
    if state is None or not name or relay is None:
        raise typer.BadParameter(
            say(message("give --state, --name and --relay; or --recover with --key-set and --recovery-file"))
        )
    # Imported here: other commands start in half the time without the libraries for keys.
    from rogatory.keys.passphrase import new_passphrase
    from rogatory.node.config import NodeConfig
    from rogatory.node.folder import NodeFolder
    from rogatory.node.setup import FIRST, describe_authority, enrol_node

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
    passphrase = new_passphrase(message("the vault of {authority}", authority=authority), passphrase_file)
    recovery_passphrase = passphrase
    if recovery_passphrase_file is not None:
        recovery_passphrase = new_passphrase(message("the recovery key"), recovery_passphrase_file)
    made = enrol_node(
        node,
        entry,
        NodeConfig(authority=authority, relay_urls=tuple(relay_url), api_port=api_port),
        passphrase,
        root=root.read_bytes() if root else None,
        recovery_file=recovery_file or node.recovery,
        recovery_passphrase=recovery_passphrase,
        key_set=key_set or FIRST,
    )
    if as_json:
        show_json(made)
        return
    show_fields(
        [
            (message("authority"), made.authority),
            (message("folder"), made.folder),
            (message("enrolment file"), made.enrolment),
            (message("recovery key"), made.recovery),
            (message("fingerprint"), made.fingerprint),
            (message("directory root"), made.root_fingerprint or _missing_root(made.folder)),
        ]
    )
    show_line(
        message("Next: give the enrolment file to the directory's trustees, and confirm the fingerprint in person.")
    )
    if key_set is not None:
        show_line(
            message(
                "They take it in with: rogatory-keys authority renew --unendorsed. Each correspondent compares the"
                " fingerprint as well, and lets this authority in again with: rogatory-node authority confirm"
            )
        )
    show_line(message("Move the recovery key off this computer: with it, keys that were lost or stolen are replaced."))


def _missing_root(folder: str) -> Message:
    return message("missing: put root.json into {folder}", folder=folder)


def _name(text: str) -> tuple[str, str]:
    language, separator, name = text.partition("=")
    return (language, name) if separator else ("en", text)


def _recover(
    folder: Path,
    authority: str,
    relay_url: list[str],
    root: Path | None,
    recovery_file: Path | None,
    recovery_passphrase_file: Path | None,
    key_set: int | None,
    api_port: int,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    from rogatory.keys.passphrase import new_passphrase, read_passphrase
    from rogatory.node.backup.recovering import open_recovery_key, recover_node
    from rogatory.node.config import NodeConfig
    from rogatory.node.folder import NodeFolder

    if recovery_file is None or key_set is None:
        raise typer.BadParameter(say(message("--recover takes --recovery-file and --key-set")))
    # An environment's file is for the vault; the recovery key has a passphrase of its own.
    asked = read_passphrase(
        message("the recovery key {file}", file=recovery_file), recovery_passphrase_file or passphrase_file
    )
    recovery = open_recovery_key(recovery_file, asked)
    made = recover_node(
        NodeFolder(folder),
        recovery,
        recovery_file,
        key_set,
        NodeConfig(authority=authority, relay_urls=tuple(relay_url), api_port=api_port),
        new_passphrase(message("the vault of {authority}", authority=authority), passphrase_file),
        root=root.read_bytes() if root else None,
    )
    if as_json:
        show_json(made)
        return
    show_fields(
        [
            (message("authority"), made.authority),
            (message("folder"), made.folder),
            (message("renewal file"), made.enrolment),
            (message("fingerprint"), made.fingerprint),
            (message("directory root"), made.root_fingerprint or _missing_root(made.folder)),
        ]
    )
    show_line(
        message("Next: give the renewal file to the trustees, who take it in with: rogatory-keys authority renew")
    )
    show_line(
        message(
            "Then run the node: it asks to be let in again to its channels, and learns from the relay which they are."
        )
    )
