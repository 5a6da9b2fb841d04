"""`rogatory-node`: the command, its groups, and how its errors end.

Exit codes: 0 done, 1 a fault of this program, 2 wrong usage, 3 refused input, 4 the daemon is not reachable,
5 wrong passphrase or not authorised, 6 not found, 7 in conflict with the present state, 8 stored data is damaged.
"""

from __future__ import annotations

import sys

import msgspec
import typer

from rogatory.keys.errors import DamagedVault, KeysError, MissingSecret, PassphraseError, UnknownEntry, VaultError
from rogatory.node.api.problems import Problem
from rogatory.node.cli import authority, init, run, status
from rogatory.node.cli.client import AnsweredProblem
from rogatory.node.errors import NodeError

app = typer.Typer(
    name="rogatory-node",
    help="Encrypted, signed requests, consultations and broadcasts between central authorities.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog=" · ".join(
        (
            "Exit codes: 0 done",
            "1 a fault of this program",
            "2 wrong usage",
            "3 refused input",
            "4 daemon not reachable",
            "5 wrong passphrase or not authorised",
            "6 not found",
            "7 conflict",
            "8 damaged data",
        )
    ),
)
app.command("init")(init.init)
app.command("run")(run.run)
app.command("status")(status.status)
app.add_typer(authority.app, name="authority")


def main() -> None:
    """Run the command; errors become one or two lines on standard error and an exit code."""
    try:
        app()
    except (NodeError, KeysError) as error:
        problem = problem_of(error)
        if "--json" in sys.argv:
            sys.stderr.write(msgspec.json.encode(problem).decode() + "\n")
        else:
            sys.stderr.write(f"rogatory-node: {problem.explanation}\n")
            if problem.next_step:
                sys.stderr.write(f"  next: {problem.next_step}\n")
        sys.exit(problem.exit_code)
    except OSError as error:
        sys.stderr.write(f"rogatory-node: {error.filename or 'a file'}: {error.strerror or error}\n")
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)


def problem_of(error: NodeError | KeysError) -> Problem:
    """An error as what is printed."""
    match error:
        case AnsweredProblem():
            code, exit_code = error.answered_code, error.answered_exit_code
        case NodeError():
            code, exit_code = error.code, error.exit_code
        case PassphraseError():
            return Problem(error="unauthorised", explanation=str(error), exit_code=5)
        case DamagedVault() | MissingSecret():
            return Problem(error="damaged", explanation=str(error), exit_code=8)
        case VaultError() | UnknownEntry():
            return Problem(error="not_found", explanation=str(error), exit_code=6)
        case _:
            return Problem(error="refused", explanation=str(error), exit_code=3)
    return Problem(error=code, explanation=error.explanation, next_step=error.next_step, exit_code=exit_code)
