"""Options that several commands share, and how results are shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from securesystemslib.signer import Signer

from rogatory.keys.errors import DirectoryRefused, EnrolmentRefused, RefusedFile
from rogatory.keys.passphrase import read_passphrase
from rogatory.keys.publishing.key_file import open_key_file
from rogatory.keys.qr import qr_lines, save_qr
from rogatory.languages.commands import tell
from rogatory.protocol.text import message, plain_text, text_of

Folder = Annotated[Path, typer.Argument(help="Folder of the directory.")]
DirectoryOption = Annotated[
    Path, typer.Option("--directory", "-d", envvar="ROGATORY_DIRECTORY", help="Folder of the directory.")
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(help="File with the passphrase (of all keys named); otherwise each is asked for."),
]
Qr = Annotated[bool, typer.Option("--qr", help="Show the fingerprint as a QR code too.")]
QrFile = Annotated[Path | None, typer.Option(help="Write the QR code to this .svg or .png file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def now() -> datetime:
    """The time that goes into metadata."""
    return datetime.now(UTC)


def unlock(key_file: Path, passphrase_file: Path | None) -> Signer:
    """The signer of a key file, with its passphrase from the file or a prompt."""
    return open_key_file(key_file, read_passphrase(str(key_file), passphrase_file))


def read_bounded(path: Path, limit: int) -> bytes:
    """A file's bytes; RefusedFile if it has more than `limit`."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise RefusedFile(
            message("{path} has over {limit} bytes: it is not what is wanted here", path=path, limit=limit)
        )
    return data


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Let what is refused in the block name the file."""
    try:
        yield
    except (EnrolmentRefused, DirectoryRefused) as error:
        raise type(error)(message("{path}: {error}", path=path, error=text_of(error))) from None


def show(data: Any, as_json: bool, *lines: str) -> None:
    """Print data as JSON, or these lines."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(data, enc_hook=plain_text), indent=2).decode())
    else:
        for line in lines:
            tell(line)


def show_fingerprint(name: str, fingerprint: str, *, qr: bool, qr_file: Path | None, quiet: bool = False) -> None:
    """Print a fingerprint (unless `quiet`: JSON has it already), and its QR code where that is wanted."""
    if not quiet:
        tell(message("fingerprint: {fingerprint}", fingerprint=fingerprint))
        for line in qr_lines(name, fingerprint) if qr else ():
            typer.echo(line)
    if qr_file is not None:
        save_qr(qr_file, name, fingerprint)
