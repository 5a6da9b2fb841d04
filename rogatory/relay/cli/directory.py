"""`directory import`: hand a bundle to the relay's mirror."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.files import write_atomically
from rogatory.languages.commands import tell
from rogatory.protocol.text import message
from rogatory.relay.cli.start import DEFAULT_CONFIG, Config
from rogatory.relay.config import load_config
from rogatory.relay.mirror import read_root

app = typer.Typer(help="The directory that the relay mirrors.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The directory that the relay mirrors."""


@app.command("import")
def import_bundle(
    bundle: Annotated[Path, typer.Argument(help="The bundle that the publisher made.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Verify a bundle and put it where the relay looks, running or not."""
    settings = load_config(config)
    data = bundle.read_bytes()
    accepted = settings.path(settings.directory.folder)
    with tempfile.TemporaryDirectory(prefix="rogatory-relay-") as name:
        # A copy, because the running relay alone may use the folder.
        trial = Path(name) / "directory"
        if accepted.exists():
            shutil.copytree(accepted, trial)
        directory = TrustedDirectory(trial, read_root(settings)).refresh(data)
    write_atomically(settings.path(settings.directory.bundle), data, mode=0o644)
    tell(
        message(
            "verified: directory version {targets_version}; a running relay takes it in a moment",
            targets_version=directory.targets_version,
        )
    )
