"""`admin`: what a relay keeps, whether it is sound, and a copy of it. Ids and sizes, never content."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rogatory.keys.files import sync_folder
from rogatory.languages import plainly, say, word
from rogatory.languages.commands import tell
from rogatory.protocol.text import Message, message, plain_text
from rogatory.relay.admin import client, survey
from rogatory.relay.admin.integrity import check_integrity
from rogatory.relay.app import database_address, relay_keys
from rogatory.relay.cli.start import DEFAULT_CONFIG, Config
from rogatory.relay.config import RelayConfig, load_config
from rogatory.relay.errors import ConfigError, DatabaseError
from rogatory.relay.store.inspection import Inspection, back_up, inspect_sqlite
from rogatory.relay.store.postgresql import is_address

app = typer.Typer(help="What the relay keeps, and whether it is sound. It may be running.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def group() -> None:
    """What the relay keeps, and whether it is sound."""


@app.command()
def authorities(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """What is kept for each authority."""
    with _inspection(load_config(config)) as inspection:
        _show(survey.AuthorityLine, survey.authorities(inspection), as_json)


@app.command()
def channels(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Each channel: its founder, its members, how long its log is and how much of it is kept."""
    with _inspection(load_config(config)) as inspection:
        _show(survey.ChannelLine, survey.channels(inspection), as_json)


@app.command()
def sizes(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Rows of each table, bytes of what is kept, and of the database's files."""
    with _inspection(load_config(config)) as inspection:
        found = survey.sizes(inspection)
    if as_json:
        _print_json(found)
        return
    lines: list[tuple[str, int]] = [
        (message("rows of {table}", table=name), count) for name, count in sorted(found.rows.items())
    ]
    lines += [(message("bytes of {table}", table=name), count) for name, count in sorted(found.bytes.items())]
    _table((message("what"), message("number")), [*lines, (message("bytes on disk"), found.bytes_on_disk)])


@app.command()
def retention(
    config: Config = DEFAULT_CONFIG,
    run: Annotated[bool, typer.Option("--run", help="Have the running relay delete it now.")] = False,
    as_json: Json = False,
) -> None:
    """What retention would delete now; with --run, delete it and overwrite it on the disk."""
    settings = load_config(config)
    if run:
        deleted = client.ask(settings.socket, "POST", "/retention")["deleted"]
        if as_json:
            _print_json({"deleted": deleted})
        else:
            tell(message("deleted: {deleted} rows", deleted=deleted))
        return
    with _inspection(settings) as inspection:
        found = survey.due(inspection, settings.retention, time.time_ns() // 1_000_000)
    if as_json:
        _print_json(found)
        return
    rows = [
        (message("acknowledged by all, grace period over"), found.acknowledged_bodies, found.acknowledged_bytes),
        (message("older than the greatest age"), found.old_bodies, found.old_bytes),
    ]
    _table((message("due, as far as the relay has looked"), message("bodies"), message("bytes")), rows)


@app.command()
def integrity(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Check each channel's hash chain, bodies, access list and acknowledgements. Exit status 5 if one is broken."""
    with _inspection(load_config(config)) as inspection:
        report = check_integrity(inspection)
    if as_json:
        _print_json(report)
    else:
        tell(
            message(
                "checked: {channels} channels, {entries} entries, {bodies} bodies, {acknowledgements} acknowledgements",
                channels=report.channels,
                entries=report.entries,
                bodies=report.bodies,
                acknowledgements=report.acknowledgements,
            )
        )
        for finding in report.findings:
            tell(message("{place}: {problem}", place=finding.channel or message("database"), problem=finding.problem))
    if report.findings:
        raise DatabaseError(
            message("the database is not sound: stop the relay, keep a copy, restore a backup (RUNBOOK.md)")
        )


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The copy; one that is there is replaced, once the new one is whole.")],
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Copy the database as it is now, while the relay goes on. It holds no readable content, but who wrote to whom."""
    settings = load_config(config)
    if is_address(settings.database):
        raise ConfigError(
            message("a database that replicas share is backed up by its own means: pg_dump, or pg_basebackup")
        )
    target = file.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(descriptor)
    try:
        back_up(settings.path(settings.database), Path(name))
        with open(name, "rb") as written:
            os.fsync(written.fileno())
        size = Path(name).stat().st_size
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)
    if as_json:
        _print_json({"file": str(file), "bytes": size})
    else:
        tell(message("written: {file}, {size} bytes", file=file, size=size))


@contextmanager
def _inspection(settings: RelayConfig) -> Iterator[Inspection]:
    if is_address(settings.database):
        from rogatory.relay.store.postgresql.inspection import inspect_postgresql  # `run` over SQLite does without

        with inspect_postgresql(database_address(settings), relay_keys(settings).relay) as shared:
            yield shared
        return
    with inspect_sqlite(settings.path(settings.database)) as inspection:
        yield inspection


def _show(kind: type[msgspec.Struct], lines: Iterable[msgspec.Struct], as_json: bool) -> None:
    if as_json:
        for line in lines:
            _print_json(line)
        return
    names = kind.__struct_fields__
    _table(names, ([_cell(name, getattr(line, name)) for name in names] for line in lines))


def _cell(name: str, value: Any) -> Any:
    if name == "created":
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M}"
    return plainly(value) if isinstance(value, bool) else value


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from rich.console import Console  # `run` does without
    from rich.table import Table

    table = Table(
        *(say(column) if isinstance(column, Message) else word(column) for column in columns), box=None, pad_edge=False
    )
    for row in rows:
        table.add_row(*(say(cell) if isinstance(cell, str) else str(cell) for cell in row))
    Console(markup=False, highlight=False, emoji=False).print(table)


def _print_json(value: Any) -> None:
    typer.echo(msgspec.json.encode(value, enc_hook=plain_text).decode())
