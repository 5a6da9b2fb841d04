"""`authority ...`: enrol an authority, look at an enrolment file, strike one off."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.cli.options import DirectoryOption, Json, now, show
from rogatory.keys.directory.model import AuthorityEntry
from rogatory.keys.directory.publish import changes, folder
from rogatory.keys.enrolment import check_enrolment
from rogatory.keys.fingerprint import key_set_fingerprint
from rogatory.keys.identity import check_authority_id

app = typer.Typer(help="Authorities in the directory.", no_args_is_help=True)

Enrolment = Annotated[Path, typer.Argument(help="The authority's enrolment file.")]


@app.command()
def check(enrolment: Enrolment, json: Json = False) -> None:
    """Check an enrolment file's proofs, and show what it asks for and its fingerprint."""
    entry = check_enrolment(enrolment.read_bytes())
    fingerprint = fingerprint_of(entry)
    show({"entry": entry, "fingerprint": fingerprint}, json, *_lines(entry, fingerprint))


@app.command()
def add(enrolment: Enrolment, directory: DirectoryOption, json: Json = False) -> None:
    """Take an authority (or its changed details) into the next version of the directory.

    Compare the fingerprint with the authority by diplomatic note or on the telephone before signing.
    """
    entry = check_enrolment(enrolment.read_bytes())
    with folder.opened(directory) as repository:
        changes.put_authority(repository, entry, now())
    fingerprint = fingerprint_of(entry)
    show({"entry": entry, "fingerprint": fingerprint}, json, *_lines(entry, fingerprint), "drafted; not yet signed")


@app.command("strike-off")
def strike_off(
    authority: Annotated[str, typer.Argument(help="Its id.")],
    directory: DirectoryOption,
    compromised_since: Annotated[
        datetime | None, typer.Option(help="From when on its keys may have been another's (UTC).")
    ] = None,
) -> None:
    """End an authority's enrolment in the next version of the directory."""
    since = int(compromised_since.replace(tzinfo=UTC).timestamp()) if compromised_since else None
    with folder.opened(directory) as repository:
        changes.strike_off(repository, check_authority_id(authority), now(), since)
    typer.echo(f"{authority} is struck off; drafted, not yet signed")


def fingerprint_of(entry: AuthorityEntry) -> str:
    """The fingerprint of an entry's newest key set and its recovery key."""
    newest = max(entry.key_sets, key=lambda key_set: key_set.version)
    return key_set_fingerprint(entry.id, newest, entry.recovery)


def _lines(entry: AuthorityEntry, fingerprint: str) -> list[str]:
    return [
        f"authority:   {entry.id} ({entry.state}), {'; '.join(entry.names.values())}",
        f"competences: {', '.join(entry.competences)}",
        f"relay:       {entry.relay}",
        f"fingerprint: {fingerprint}",
    ]
