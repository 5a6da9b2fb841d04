"""`relay add`: a relay in the directory."""

from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.cli.options import DirectoryOption, Json, about, now, read_bounded, show
from rogatory.keys.enrolment import check_relay_enrolment
from rogatory.keys.fingerprint import relay_fingerprint
from rogatory.keys.proofs import MAX_FILE
from rogatory.keys.publishing import changes, folder
from rogatory.protocol.text import message

app = typer.Typer(help="Relays in the directory.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Relays in the directory."""


@app.command()
def add(
    enrolment: Annotated[Path, typer.Argument(help="The relay's enrolment file.")],
    directory: DirectoryOption,
    json: Json = False,
) -> None:
    """Take a relay, its new address or its new keys into the next version of the directory."""
    with about(enrolment):
        entry = check_relay_enrolment(read_bounded(enrolment, MAX_FILE))
    with folder.opened(directory) as repository:
        changes.put_relay(repository, entry, now())
    fingerprint = relay_fingerprint(entry.id, entry.identity, entry.receipt)
    show(
        {"entry": entry, "fingerprint": fingerprint},
        json,
        message("relay:       {id}, {urls}", id=entry.id, urls=tuple(entry.urls)),
        message("fingerprint: {fingerprint}", fingerprint=fingerprint),
        message("drafted; not yet signed"),
    )
