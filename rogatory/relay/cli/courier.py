"""`courier take` and `courier give`: an authority without a link, by files on a stick."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import msgspec
import typer

from rogatory.languages.commands import tell
from rogatory.protocol.text import message
from rogatory.relay.admin import client
from rogatory.relay.cli.start import DEFAULT_CONFIG, Config
from rogatory.relay.config import load_config

app = typer.Typer(help="Courier files, for authorities without a link. The relay is running.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def group() -> None:
    """Courier files, for authorities without a link."""


@app.command()
def take(
    file: Annotated[Path, typer.Argument(help="What the authority exported.", dir_okay=False)],
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Verify an authority's file and do what it asks. Taking one twice changes nothing."""
    with file.open("rb") as content:
        taken = client.ask(load_config(config).socket, "POST", "/courier", content)
    if as_json:
        typer.echo(msgspec.json.encode(taken).decode())
        return
    if taken["before"]:
        tell(
            message(
                "taken before, nothing changed: file {number} of {authority}",
                number=taken["number"],
                authority=taken["authority"],
            )
        )
    else:
        refused = tuple(f"{count} {code}" for code, count in taken["refused"].items()) or message("none")
        tell(message("taken: file {number} of {authority}", number=taken["number"], authority=taken["authority"]))
        tell(
            message(
                "entries: {accepted} new, {repeated} that stood already; refused: {refused}",
                accepted=taken["accepted"],
                repeated=taken["repeated"],
                refused=refused,
            )
        )
        tell(message("attachments: {attachments}", attachments=taken["attachments"]))
    tell(
        message(
            "next: rogatory-relay courier give {authority} FILE, and let it be carried back",
            authority=taken["authority"],
        )
    )


@app.command()
def give(
    authority: Annotated[str, typer.Argument(help="Whom it is for, as ke.central.")],
    file: Annotated[Path, typer.Argument(help="The file to write.", dir_okay=False)],
    without_attachments: Annotated[
        bool, typer.Option("--without-attachments", help="Leave files out; the authority may ask for them.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Write all that waits for an authority, receipts and the directory included, sealed for it alone."""
    target = f"/courier/{quote(authority, safe='')}" + ("?attachments=none" if without_attachments else "")
    size = client.download(load_config(config).socket, target, file.resolve())
    if as_json:
        typer.echo(msgspec.json.encode({"authority": authority, "file": str(file), "bytes": size}).decode())
    else:
        tell(message("written: {file}, {size} bytes, for {authority} alone", file=file, size=size, authority=authority))
