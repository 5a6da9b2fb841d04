"""`rogatory-node consult`: consultations, with or without a request."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.node.cli.attachments import AttachOption, give_files
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.request import show_one
from rogatory.node.cli.show import show_json
from rogatory.node.cli.views import show_matters, show_sent

app = typer.Typer(help="Consultations: talk in threads, with or without a request.", no_args_is_help=True)

TextOption = Annotated[str, typer.Option(help="What to say.")]
LanguageOption = Annotated[str, typer.Option(help="Language of the text.")]


@app.command("open")
def open_one(
    to: Annotated[list[str], typer.Option(help="Authority to consult, as ug.central; repeatable.")],
    subject: Annotated[str, typer.Option(help="What it is about.")],
    text: TextOption,
    language: LanguageOption = "en",
    attach: AttachOption = [],  # noqa: B006
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Open a consultation; it needs no request."""
    client = Client(folder)
    body = {"to": to, "subject": subject, "text": text, "language": language}
    show_sent(client.post("consultations", body=body | {"attachments": give_files(client, attach)}), as_json)


@app.command("say")
def say(
    matter: str,
    text: TextOption,
    thread: Annotated[str | None, typer.Option(help="Id of a thread of the matter.")] = None,
    subject: Annotated[str | None, typer.Option(help="Begin a new thread about this.")] = None,
    in_reply_to: Annotated[str | None, typer.Option(help="Id of the document that this answers.")] = None,
    language: LanguageOption = "en",
    attach: AttachOption = [],  # noqa: B006
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say something in a consultation or about a request."""
    client = Client(folder)
    body = {"text": text, "thread": thread, "subject": subject, "in_reply_to": in_reply_to, "language": language}
    answer = client.post("matters", matter, "messages", body=body | {"attachments": give_files(client, attach)})
    show_sent(answer, as_json)


@app.command("list")
def list_consultations(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All consultations that were opened without a request."""
    matters = Client(folder).get("consultations")
    if as_json:
        show_json(matters)
    else:
        show_matters(matters)


@app.command("show")
def show(matter: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A consultation with everything that was said."""
    show_one(Client(folder), matter, as_json)
