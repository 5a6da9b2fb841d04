"""`rogatory-node request`: requests for cooperation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rogatory.node.cli.client import Client
from rogatory.node.cli.files import read_mapping
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import short, show_json, show_line
from rogatory.node.cli.views import show_matter, show_matters

app = typer.Typer(help="Requests under UNTOC: send, follow, answer.", no_args_is_help=True)


@app.command("template")
def template(
    cooperation: Annotated[str, typer.Option(help="Article of UNTOC, as 18 (assistance), 13 or 16.")] = "18",
) -> None:
    """Print a request to fill in, as JSON, with a hint in each field that must stand."""
    from rogatory.node.errors import RefusedInput
    from rogatory.node.matters.templates import request_template

    try:
        form = request_template(cooperation)
    except ValueError:
        raise RefusedInput(f"{cooperation!r} is no kind of cooperation", "give an article, as 13, 16 or 18") from None
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(form), indent=2).decode() + "\n")


@app.command("send")
def send(
    to: Annotated[list[str], typer.Option(help="Authority to ask, as tz.central; repeatable.")],
    file: Annotated[Path, typer.Option(help="The request: JSON, TOML, or - for JSON on standard input.")],
    subject: Annotated[str, typer.Option(help="Subject of the matter; that of the request if not given.")] = "",
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign a request and send it."""
    body = {"to": to, "request": read_mapping(file), "subject": subject}
    _sent(Client(folder).post("requests", body=body), as_json)


@app.command("list")
def list_requests(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All requests, sent and received."""
    matters = Client(folder).get("requests")
    if as_json:
        show_json(matters)
    else:
        show_matters(matters)


@app.command("show")
def show(matter: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A request with everything that was said about it, and the evidences."""
    show_one(Client(folder), matter, as_json)


@app.command("reply")
def reply(
    matter: str,
    outcome: Annotated[str | None, typer.Option(help="As accepted, executed, refused, information_requested.")] = None,
    text: Annotated[str | None, typer.Option(help="What is answered; a refusal needs its reasons (18(23)).")] = None,
    ground: Annotated[list[str], typer.Option(help="Ground of refusal, as 18(21)(b); repeatable.")] = [],  # noqa: B006
    reference: Annotated[str | None, typer.Option(help="Your own file number.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the text, as en.")] = None,
    file: Annotated[Path | None, typer.Option(help="The reply as JSON or TOML; options go before it.")] = None,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Answer a request."""
    given = {"outcome": outcome, "text": text, "grounds": ground or None, "reference": reference, "language": language}
    body: dict[str, Any] = read_mapping(file) if file else {}
    body |= {name: value for name, value in given.items() if value is not None}
    _sent(Client(folder).post("requests", matter, "replies", body=body), as_json)


def show_one(client: Client, matter: str, as_json: bool) -> None:
    """A matter with its documents in full."""
    found = client.get("matters", matter)
    documents = client.get("matters", found["matter"], "documents")
    if as_json:
        show_json({**found, "documents": documents})
    else:
        show_matter(found, documents)


def _sent(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(answer)
    else:
        show_line(f"signed and queued: document {short(answer['document'])} in matter {short(answer['matter'])}")
