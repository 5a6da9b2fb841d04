"""Files of documents on the command line: given to the node, and saved from it, with a bar while one waits."""

from __future__ import annotations

import mimetypes
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final
from urllib.parse import quote

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from rogatory.languages import word
from rogatory.node.cli.client import Client
from rogatory.node.cli.show import plain, show_line, show_table
from rogatory.node.errors import Conflict, NotFound
from rogatory.protocol.text import counted, in_words, message

AttachOption = Annotated[list[Path], typer.Option("--attach", help="A file to send along; repeatable.")]

ASK_EVERY: Final = 0.3
"""Seconds between questions how far a download is."""

UNDER_WAY: Final = ("uploading", "wanted")


_FILE: Final = message("name a file that is there and may be read")


def give_files(client: Client, files: Sequence[Path]) -> list[str]:
    """Give files to the node, which seals them; their ids. Raises NotFound before anything was given."""
    for file in files:
        if not file.is_file():
            raise NotFound(message("{file} is no file that can be read", file=file), _FILE)
    return [_give(client, file) for file in files]


def _give(client: Client, file: Path) -> str:
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    size = file.stat().st_size
    headers = {"Content-Type": media_type, "Content-Length": str(size), "Rogatory-Name": quote(file.name, safe="")}
    with file.open("rb") as opened, _bar(message("sealing {name}", name=file.name), size) as advance:
        answer = client.upload(_Watched(opened, advance), "attachments", headers=headers)
    given: str = answer["attachment"]
    return given


def save_file(client: Client, document: str, number: int, target: Path) -> int:
    """Fetch a document's file if it is not here, and write it, whole and checked or not at all; its length."""
    found = _find(client, document, number)
    if target.is_dir():
        target = target / found["name"]
    if target.exists():
        raise Conflict(message("{file} exists: nothing was written", file=target), message("name another file"))
    _fetch(client, document, number, found)
    with _bar(message("opening {name}", name=found["name"]), found["size"]) as advance:
        return client.download(target, "documents", document, "attachments", str(number), advance=advance)


def _fetch(client: Client, document: str, number: int, found: dict[str, Any]) -> None:
    """Wait until the file is here. Raises Conflict where it cannot be had."""
    if found["state"] in ("kept", "sent", "uploading"):
        return
    client.post("documents", document, "attachments", str(number), "download", body={})
    told = False
    with _bar(message("fetching {name}", name=found["name"]), found["size"]) as advance:
        done = 0
        while (found := _find(client, document, number))["state"] == "wanted":
            if found["waits"] is not None and not told:
                waits = message("large files travel from {time} on; the node goes on by itself", time=found["waits"])
                sys.stderr.write(plain(waits) + "\n")
                told = True
            if found["done"] is not None:
                advance(found["done"] - done)
                done = found["done"]
            time.sleep(ASK_EVERY)
    if found["state"] != "kept":
        reason = found["problem"] or word(found["state"])
        raise Conflict(message("{name} cannot be had: {reason}", name=found["name"], reason=reason))


def _find(client: Client, document: str, number: int) -> dict[str, Any]:
    files: list[dict[str, Any]] = client.get("documents", document, "attachments")
    if not 1 <= number <= len(files):
        raise NotFound(
            counted("the document has {count} attachment", "the document has {count} attachments", count=len(files)),
            message("list them: rogatory-node document attachments DOCUMENT"),
        )
    return files[number - 1]


def show_files(files: list[dict[str, Any]]) -> None:
    """A document's files."""
    show_table(
        (message("number"), message("name"), message("size"), message("state"), message("done")),
        [(file["number"], file["name"], file["size"], _state(file), _done(file)) for file in files],
        message("no attachments"),
    )
    for file in files:
        if file["problem"]:
            show_line(message("{number}: {problem}", number=file["number"], problem=file["problem"]))


def _state(file: dict[str, Any]) -> str:
    if file["state"] in UNDER_WAY and file["waits"]:
        return message("{state}, from {time} on", state=in_words(file["state"]), time=file["waits"])
    return in_words(file["state"]) if file["state"] else message("did not come with the document")


def _done(file: dict[str, Any]) -> str:
    return f"{100 * file['done'] // file['total']} %" if file["total"] else ""


class _Watched:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, advance: Any) -> None:
        self._file = file
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._advance(len(data))
        return data


@contextmanager
def _bar(label: str, total: int) -> Iterator[Any]:
    """A bar on standard error with rate and time left, where that is a terminal; gives what moves it on."""
    from rich.console import Console

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        task: TaskID = progress.add_task(plain(label), total=total)
        yield lambda count: progress.advance(task, count)
