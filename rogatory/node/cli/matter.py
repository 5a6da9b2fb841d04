"""`rogatory-node matter`: what requests and consultations have in common, above all who takes part."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rogatory.languages import say
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.request import show_one
from rogatory.node.cli.show import short, show_json, show_line
from rogatory.node.cli.views import show_amendment, show_matters
from rogatory.protocol.text import counted, message

app = typer.Typer(help="Matters: requests and consultations, and their parties.", no_args_is_help=True)


@app.command("list")
def list_matters(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All matters; what changed last comes first."""
    matters = Client(folder).get("matters")
    if as_json:
        show_json(matters)
    else:
        show_matters(matters)


@app.command("show")
def show(matter: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A whole matter. The first digits of its id are enough."""
    show_one(Client(folder), matter, as_json)


@app.command("add-party")
def add_party(
    matter: str,
    authorities: Annotated[list[str], typer.Argument(help="Authorities to add, as ug.central.")],
    reason: Annotated[str, typer.Option(help="Why; every party reads it before it agrees.")],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Propose further parties. They come in when every party has agreed, and see nothing earlier."""
    body = {"authorities": authorities, "reason": reason}
    _amendment(Client(folder).post("matters", matter, "amendments", body=body), as_json)


@app.command("agree")
def agree(matter: str, amendment: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """Agree to an amendment (its first digits) that another party proposed."""
    _amendment(Client(folder).post("matters", matter, "amendments", amendment, "agreement", body={}), as_json)


@app.command("amendments")
def amendments(
    matter: Annotated[str | None, typer.Option(help="Only those of this matter.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that wait for this authority.")] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Proposals to add parties, and how far they are."""
    found = Client(folder).get("amendments", matter=matter, waiting="yes" if waiting else None)
    if as_json:
        show_json(found)
        return
    for amendment in found:
        show_amendment(amendment)
    if not found:
        show_line(message("no amendments"))


@app.command("share")
def share(
    matter: str,
    documents: Annotated[list[str] | None, typer.Argument(help="Ids of earlier documents of this matter.")] = None,
    lost_by: Annotated[
        str | None, typer.Option(help="Instead of ids: a party that read documents and lost them, as the inbox tells.")
    ] = None,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Send earlier documents again, with their original signatures, for parties who came later or lost them."""
    if bool(documents) == (lost_by is not None):
        raise typer.BadParameter(say(message("name documents, or a party with --lost-by")))
    body = {"documents": documents or [], "lost_by": lost_by}
    answer = Client(folder).post("matters", matter, "shares", body=body)
    if as_json:
        show_json(answer)
    else:
        show_line(
            counted("queued again: {count} document", "queued again: {count} documents", count=len(answer["shared"]))
        )


@app.command("leave")
def leave(
    matter: str,
    reason: Annotated[str, typer.Option(help="Why; the other parties read it.")] = "",
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Give notice to leave a matter; another party's node carries it out."""
    answer = Client(folder).post("matters", matter, "leave", body={"reason": reason})
    if as_json:
        show_json(answer)
    else:
        show_line(message("signed and queued: notice to leave matter {matter}", matter=short(answer["matter"])))


@app.command("close")
def close(
    matter: str,
    reason: Annotated[str, typer.Option(help="Why; the other parties read it.")] = "",
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Close a matter that this authority founded: nothing more is said there, and every party's keys of it go."""
    answer = Client(folder).post("matters", matter, "closing", body={"reason": reason})
    if as_json:
        show_json(answer)
    else:
        show_line(message("signed and queued: closing of matter {matter}", matter=short(answer["matter"])))


def _amendment(amendment: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(amendment)
    else:
        show_amendment(amendment)
