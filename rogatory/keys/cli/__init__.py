"""The command `rogatory-keys`: for trustees, coordinators and the publisher of the directory.

Exit status: 0 done; 2 usage; 3 refused input; 4 passphrase; 5 directory out of date; 6 a file is missing, in the way
or not readable; 7 `verify` leaves something unproven.
"""

import sys
from collections.abc import Sequence

import typer

from rogatory.keys.cli import authorities, directories, fingerprints, networks, publisher, relays, role_keys, verify
from rogatory.keys.errors import KeysError
from rogatory.keys.publishing.key_file import KeyKind
from rogatory.languages import say
from rogatory.languages.commands import LanguageOption, speaking
from rogatory.languages.system import file_problem
from rogatory.protocol.text import text_of

app = typer.Typer(
    name="rogatory-keys",
    help="Keys and directory of the network: for trustees, coordinators and the publisher.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for kind, commands in role_keys.APPS.items():
    app.add_typer(commands, name=kind)
role_keys.APPS[KeyKind.PUBLISHER].command("run")(publisher.run)
app.add_typer(directories.app, name="directory")
app.add_typer(authorities.app, name="authority")
app.add_typer(relays.app, name="relay")
app.add_typer(networks.app, name="network")
app.command("fingerprint")(fingerprints.fingerprint)
app.command("verify")(verify.verify)


@app.callback()
def read_language(language: LanguageOption = None) -> None:
    """Read before all else, see `speaking`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status (see the module's text)."""
    with speaking(app, arguments) as run:
        try:
            run()
        except KeysError as error:
            _fail(text_of(error), error.exit_code)
        except OSError as error:
            _fail(file_problem(error), 6)


def _fail(text: str, status: int) -> None:
    typer.echo(f"rogatory-keys: {say(text)}", err=True)
    sys.exit(status)
