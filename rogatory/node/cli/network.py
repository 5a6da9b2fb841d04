"""`rogatory-node network`: regional networks and their announcements."""

from __future__ import annotations

from typing import Annotated

import typer

from rogatory.languages import word
from rogatory.node.cli.attachments import AttachOption, give_files
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import plain, short, show_json, show_line, show_named, show_table
from rogatory.protocol.text import counted, message

app = typer.Typer(help="Networks: who belongs to them, what they announce.", no_args_is_help=True)


@app.command("list")
def list_networks(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """Every network of the directory."""
    networks = Client(folder).get("networks")
    if as_json:
        show_json(networks)
        return
    show_table(
        (message("network"), message("name"), message("role"), message("open here"), message("members")),
        [
            (
                network["network"],
                next(iter(network["names"].values()), ""),
                word(network["role"]),
                network["joined"],
                network["members"],
            )
            for network in networks
        ],
        message("the directory names no network"),
    )


@app.command("show")
def show(network: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A network's roster, and who is in its channel already."""
    found = Client(folder).get("networks", network)
    if as_json:
        show_json(found)
    else:
        show_named(found.items())


@app.command("announce")
def announce(
    network: str,
    title: Annotated[str, typer.Option(help="One line.")],
    text: Annotated[str, typer.Option(help="What to announce.")],
    language: Annotated[str, typer.Option(help="Language of the text.")] = "en",
    attach: AttachOption = [],  # noqa: B006
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Announce something to everybody in the network."""
    client = Client(folder)
    body = {"title": title, "text": text, "language": language, "attachments": give_files(client, attach)}
    answer = client.post("networks", network, "announcements", body=body)
    if as_json:
        show_json(answer)
    else:
        show_line(
            message(
                "signed and queued: announcement {document} to {network}",
                document=short(answer["document"]),
                network=answer["network"],
            )
        )


@app.command("share")
def share(
    network: str,
    lost_by: Annotated[str, typer.Option(help="A member that read documents and lost them, as the inbox tells.")],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Send again what a member of the network lost, with the original signatures."""
    answer = Client(folder).post("networks", network, "shares", body={"lost_by": lost_by})
    if as_json:
        show_json(answer)
    else:
        show_line(
            counted("queued again: {count} document", "queued again: {count} documents", count=len(answer["shared"]))
        )


@app.command("feed")
def feed(
    network: str,
    after: Annotated[int, typer.Option(help="Only what came after this entry.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=500)] = 100,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """A network's announcements, oldest first."""
    page = Client(folder).get("networks", network, "announcements", after=after, limit=limit)
    if as_json:
        show_json(page)
        return
    for announcement in page["announcements"]:
        show_line(f"{announcement['seq']}  {plain(announcement['logged_at'])}  {announcement['author']}")
        for wording in announcement["body"]["wordings"]:
            show_line(f"  [{wording['language']}] {wording['title']}")
            show_line(f"  {wording['text']}")
    if not page["announcements"]:
        show_line(message("nothing announced"))
