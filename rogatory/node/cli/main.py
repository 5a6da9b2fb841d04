"""`rogatory-node`: the command, its groups, and how its errors end.

Exit codes: 0 done, 1 a fault of this program, 2 wrong usage, 3 refused input, 4 the daemon is not reachable,
5 wrong passphrase or not authorised, 6 not found, 7 in conflict with the present state, 8 stored data is damaged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated, NoReturn

import msgspec
import typer

from rogatory.keys.errors import KeysError
from rogatory.languages.commands import LanguageOption, speaking
from rogatory.languages.saying import said
from rogatory.languages.system import file_problem
from rogatory.node.cli import (
    approval,
    authority,
    backup,
    consult,
    courier,
    document,
    dossier,
    due,
    inbox,
    init,
    matter,
    network,
    officer,
    renew_keys,
    request,
    run,
    search,
    statistics,
    status,
)
from rogatory.node.cli.client import OFFICER, AnsweredProblem
from rogatory.node.cli.show import plain
from rogatory.node.errors import NodeError
from rogatory.node.problem import Problem, as_node_error
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.text import message

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
app.command("renew-keys")(renew_keys.renew_keys)
app.command("run")(run.run)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("status")(status.status)
app.command("inbox")(inbox.inbox)
app.command("search")(search.search)
app.command("statistics")(statistics.statistics)
app.command("due")(due.due)
app.command("calendar")(due.calendar)
for name, group in (
    ("authority", authority),
    ("courier", courier),
    ("request", request),
    ("consult", consult),
    ("matter", matter),
    ("document", document),
    ("dossier", dossier),
    ("network", network),
    ("approval", approval),
    ("officer", officer),
):
    app.add_typer(group.app, name=name)


@app.callback()
def set_officer(
    officer_id: Annotated[
        str | None, typer.Option("--officer", envvar=OFFICER, help="Who acts: an officer's id; else the administrator.")
    ] = None,
    language: LanguageOption = None,
) -> None:
    """Encrypted, signed requests, consultations and broadcasts between central authorities."""
    if officer_id is not None:
        os.environ[OFFICER] = officer_id


def main() -> None:
    """Run the command; errors become one or two lines on standard error and an exit code."""
    sys.excepthook = _tell_fault
    with speaking(app) as run:
        try:
            run()
        except (NodeError, KeysError, ProtocolError) as error:
            _tell(error.problem if isinstance(error, AnsweredProblem) else Problem.of(as_node_error(error)))
        except OSError as error:
            _write(file_problem(error))
            if error.filename:
                _write_next(message("name a file in a folder that is there, which may be read or written"))
            sys.exit(3)
        except KeyboardInterrupt:
            sys.exit(130)


def _tell(problem: Problem) -> NoReturn:
    if "--json" in sys.argv:
        sys.stderr.write(msgspec.json.encode(problem, enc_hook=said).decode() + "\n")
    else:
        _write(problem.explanation)
        if problem.next_step:
            _write_next(problem.next_step)
    sys.exit(problem.exit_code)


def _write(text: str) -> None:
    sys.stderr.write(f"rogatory-node: {plain(text)}\n")


def _write_next(step: str) -> None:
    sys.stderr.write(plain(message("  next: {step}", step=step)) + "\n")


def _tell_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody foresaw, on one line with the place where it happened, for a report."""
    places = []
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    where = " < ".join(reversed(places[-8:]))
    fault = f"{kind.__name__}: {str(error)[:500]} ({where})"
    _write(message("a fault in this program: {fault}", fault=fault))
    _write_next(message("report this line; nothing that was stored is lost"))
