"""`rogatory-node due` and `calendar`: what is due, by whom and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from rogatory.languages.saying import reader
from rogatory.node.cli.client import Client
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import short, show_json, show_line, show_table
from rogatory.protocol.text import in_words, message

MAX_REASON: Final = 80


def due(
    matter: Annotated[str | None, typer.Option(help="Only this matter (the first digits of its id).")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also what was met or ended in the last 90 days.")] = False,
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What is due in all matters, the earliest first: who owes it, and when that is on both sides.

    Times follow from the log's own times. Your node reminds others of what they owe by signed notices, and others'
    nodes remind you.
    """
    found = Client(folder).get("due", matter=matter, ended="yes" if ended else None)
    if as_json:
        show_json(found)
    else:
        show_due(found)


def calendar(
    file: Annotated[Path, typer.Argument(help="The .ics file; an older one is replaced.", resolve_path=True)],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write all due dates to an .ics file that calendars import, again and again. The file is NOT encrypted.

    What leaves the encrypted database with it: what is due and when, the authorities that owe it, your own file number.
    No names of persons, no subject, nothing of a document. Where confidentiality is asked for, neither the other
    authority nor the file number: only the first digits of the matter's id. Mind who can read the calendar.
    """
    length = Client(folder).download(file, "calendar", language=reader())
    if as_json:
        show_json({"file": str(file), "bytes": length})
        return
    show_line(message("written: {file}", file=file))
    show_line(message("it is not encrypted: mind who can read the calendar that it goes into"))


def show_due(found: list[dict[str, Any]]) -> None:
    """A list of due dates."""
    columns = (
        message("due"),
        message("at (UTC)"),
        message("local times"),
        message("owed by"),
        message("standing"),
        message("urgency"),
        message("matter"),
        message("subject"),
    )
    show_table(columns, [_row(each) for each in found], message("nothing is due"))


def _row(each: dict[str, Any]) -> tuple[Any, ...]:
    due, standing = in_words(each["due"]), in_words(each["standing"])
    if each["reason"]:
        reason = " ".join(each["reason"].split())[:MAX_REASON]
        due = message("{due} ({reason})", due=due, reason=reason)
    if each["reminded"]:
        standing = message("{standing}, reminded: {stage}", standing=standing, stage=in_words(each["reminded"]))
    return (
        due,
        each["at"],
        "\n".join(f"{local['at']} {local['authority']}" for local in each["local"]),
        each["owed_by"],
        standing,
        in_words(each["urgency"]),
        short(each["matter"]),
        each["subject"],
    )
