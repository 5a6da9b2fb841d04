"""`rogatory-node authority`: the directory of competent authorities."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_named, show_table
from rogatory.protocol.text import message

app = typer.Typer(help="Central authorities: who they are, what they are competent for.", no_args_is_help=True)


@app.command("list")
def list_authorities(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All authorities in force."""
    _show(Client(folder).get("authorities"), as_json)


@app.command("find")
def find(
    state: Annotated[str | None, typer.Option(help="ISO 3166-1 alpha-2 code, as tz.")] = None,
    purpose: Annotated[str | None, typer.Option(help="A competence, as mutual_legal_assistance.")] = None,
    territory: Annotated[str | None, typer.Option(help="A part of the State.")] = None,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Authorities by State, purpose and territory."""
    _show(Client(folder).get("authorities", state=state, purpose=purpose, territory=territory), as_json)


@app.command("show")
def show(authority: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """Everything that the directory says of an authority, as ke.central."""
    entry = Client(folder).get("authorities", authority)
    if as_json:
        show_json(entry)
        return
    keys = entry.pop("key_sets")
    show_named(entry.items())
    show_table(
        (
            message("key set"),
            message("since"),
            message("until"),
            message("rests on"),
            message("confirmed here"),
            message("fingerprint"),
        ),
        [
            (
                key["version"],
                key["since"],
                key["until"],
                word(key["standing"]),
                key["confirmed_at"],
                key["fingerprint"],
            )
            for key in keys
        ],
        message("no keys"),
    )


@app.command("confirm")
def confirm(
    authority: str,
    fingerprint: Annotated[
        str | None, typer.Option(help="The digits that the authority said, to be compared once more.")
    ] = None,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Record that the fingerprint of its keys was compared with the authority, by telephone or in person."""
    keys = Client(folder).post("authorities", authority, "confirmation", body={"fingerprint": fingerprint})
    if as_json:
        show_json(keys)
    else:
        show_named([("authority", authority), *keys.items()])


def _show(entries: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(entries)
        return
    show_table(
        (message("authority"), message("State"), message("name"), message("competent for"), message("languages")),
        [
            (
                entry["id"],
                entry["state"],
                next(iter(entry["names"].values())),
                [word(each) for each in entry["competences"]],
                entry["languages"],
            )
            for entry in entries
        ],
        message("no authority matches"),
    )
