"""`trustee create`, `publisher create`, `coordinator create`: key files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys import vault
from rogatory.keys.cli.options import Json, PassphraseFile, show
from rogatory.keys.passphrase import new_passphrase
from rogatory.keys.publishing.key_file import KeyKind, create_key_file, public_path
from rogatory.protocol.text import message


class CostName(StrEnum):
    """How hard a stolen key file is to guess at: about 0.1, 0.7 and 3 seconds of work for each guess."""

    INTERACTIVE = "interactive"
    MODERATE = "moderate"
    SENSITIVE = "sensitive"


_COSTS = {
    CostName.INTERACTIVE: vault.INTERACTIVE,
    CostName.MODERATE: vault.MODERATE,
    CostName.SENSITIVE: vault.SENSITIVE,
}


def _commands(kind: KeyKind) -> typer.Typer:
    commands = typer.Typer(help=f"Keys of a {kind}.", no_args_is_help=True)

    @commands.callback()
    def group() -> None:
        """One command so far; the callback keeps its name on the command line."""

    @commands.command()
    def create(
        file: Annotated[Path, typer.Argument(help="Where the key goes; FILE.pub gets its public half.")],
        passphrase_file: PassphraseFile = None,
        cost: Annotated[CostName, typer.Option(help="What a guess at the passphrase costs.")] = CostName.MODERATE,
        json: Json = False,
    ) -> None:
        """Make a new key, locked with a passphrase."""
        public = create_key_file(file, kind, new_passphrase(str(file), passphrase_file), cost=_COSTS[cost])
        show(
            {"kind": kind, "file": str(file), "public": str(public_path(file)), "fingerprint": public.fingerprint},
            json,
            message(
                "{kind} key: {file} (keep it secret), {public_path} (give it to whoever sets up the directory)",
                kind=kind,
                file=file,
                public_path=public_path(file),
            ),
            message("fingerprint: {fingerprint}", fingerprint=public.fingerprint),
        )

    return commands


APPS = {str(kind): _commands(kind) for kind in KeyKind}
