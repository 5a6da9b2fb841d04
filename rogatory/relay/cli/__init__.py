"""The command `rogatory-relay`: for those who operate a relay.

Exit status: 0 done; 1 a defect; 2 usage; 3 refused input or configuration; 4 passphrase; 5 database, or a directory
that is out of date; 6 a file is missing, in the way or not readable.
"""

import sys
from collections.abc import Sequence

import typer

from rogatory.keys.errors import KeysError
from rogatory.languages import say
from rogatory.languages.commands import LanguageOption, speaking
from rogatory.languages.system import file_problem
from rogatory.protocol.text import text_of
from rogatory.relay.cli import admin, courier, database, directory, setup, start
from rogatory.relay.errors import RelayError

app = typer.Typer(
    name="rogatory-relay",
    help="A relay: stores and forwards what it cannot read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("init")(setup.init)
app.command("run")(start.run)
app.command("check")(start.check)
app.add_typer(directory.app, name="directory")
app.add_typer(database.app, name="database")
app.add_typer(admin.app, name="admin")
app.add_typer(courier.app, name="courier")


@app.callback()
def read_language(language: LanguageOption = None) -> None:
    """Read before all else, see `speaking`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status (see the module's text)."""
    with speaking(app, arguments) as run:
        try:
            run()
        except (RelayError, KeysError) as error:
            _fail(text_of(error), error.exit_code)
        except OSError as error:
            _fail(file_problem(error), 6)


def _fail(text: str, status: int) -> None:
    typer.echo(f"rogatory-relay: {say(text)}", err=True)
    sys.exit(status)
