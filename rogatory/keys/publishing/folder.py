"""The repository on disk: `mirror/` is published, `drafts/` is not yet, `history/` is all that ever was.

Safe against crashes and second processes.

Documents are written first, then metadata, the timestamp last: a crash leaves the old directory or the new one, and
the next publication goes on from there.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rogatory.keys.directory.assemble import TIMESTAMP_FILE
from rogatory.keys.errors import FolderBusy, PublishError
from rogatory.keys.files import write_atomically
from rogatory.keys.publishing.repository import Repository
from rogatory.protocol.text import message

MIRROR, DRAFTS, HISTORY = "mirror", "drafts", "history"


def create_folder(folder: Path, repository: Repository) -> None:
    """Write a new repository to a folder that is empty or does not exist. Raises PublishError, OSError."""
    if folder.exists() and any(folder.iterdir()):
        raise PublishError(message("{folder} is not empty: a new directory wants a folder of its own", folder=folder))
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder, repository)


@contextmanager
def opened(folder: Path) -> Iterator[Repository]:
    """The repository of a folder, saved if the block ends well. Raises FolderBusy while another holds it."""
    _check_folder(folder)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderBusy(
                message("another command works on {folder}: wait until it has ended", folder=folder)
            ) from None
        repository = load(folder)
        yield repository
        _save(folder, repository)
    finally:
        os.close(descriptor)


def load(folder: Path) -> Repository:
    """The repository as it is now, to be looked at. Raises PublishError."""
    _check_folder(folder)
    repository = Repository(_read_tree(folder / MIRROR), _read_tree(folder / DRAFTS))
    # After a crash between publication and its end, drafts may stand there that are published already.
    repository.drop_outdated_drafts()
    return repository


def _check_folder(folder: Path) -> None:
    if not is_folder(folder):
        raise PublishError(
            message("{folder} holds no directory: make one with `rogatory-keys directory init`", folder=folder)
        )


def history(folder: Path) -> dict[str, bytes]:
    """Every file that was ever published, by its name in the mirror. Raises PublishError."""
    _check_folder(folder)
    files = _read_tree(folder / HISTORY)
    if TIMESTAMP_FILE not in files:
        raise PublishError(message("{folder} has no history: nothing was published from it yet", folder=folder))
    return files


def is_folder(folder: Path) -> bool:
    """Whether the folder holds a directory."""
    return (folder / DRAFTS).is_dir() or (folder / MIRROR).is_dir()


def _save(folder: Path, repository: Repository) -> None:
    # History first: what a crash leaves there and nowhere else is overwritten by what is published in its place.
    _add_to_tree(folder / HISTORY, repository.published)
    _write_tree(folder / MIRROR, repository.published, mode=0o644)
    _write_tree(folder / DRAFTS, repository.drafts, mode=0o600)


def _read_tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.json"))
        if not path.name.startswith(".")
    }


def _add_to_tree(folder: Path, files: dict[str, bytes]) -> None:
    """Write what is not there yet. Names carry a version or hash, all but the timestamp's."""
    for name, data in files.items():
        path = folder / name
        if not path.exists() or (name.startswith("metadata/") and path.read_bytes() != data):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, data, 0o644)


def _write_tree(folder: Path, files: dict[str, bytes], mode: int) -> None:
    folder.mkdir(exist_ok=True)
    before = _read_tree(folder)
    for name in sorted(files, key=lambda name: (name == TIMESTAMP_FILE, name.startswith("metadata/"))):
        if before.get(name) != files[name]:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, files[name], mode)
    for name in before.keys() - files.keys():
        (folder / name).unlink()
