"""The directory as a node or relay holds it: refreshed from bundles that anybody may hand over, trusted by signature.

The folder holds the last accepted bundle, replaced as a whole: a refused bundle changes nothing. Where history is
kept, all that was ever accepted stands in a file beside it: what a stranger is shown later.
`refresh` judges rollback and expiry with python-tuf's client (against this computer's clock), everything else with
`assemble` and `history`.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
)
from tuf.ngclient import FetcherInterface, Updater

from rogatory.keys.directory import bundle as bundles
from rogatory.keys.directory.assemble import (
    TIMESTAMP_FILE,
    Assembled,
    assemble,
    metadata_file,
)
from rogatory.keys.directory.chronicle import pack_history, unpack_history
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.history import check_succession, older
from rogatory.keys.errors import (
    DirectoryExpired,
    DirectoryRefused,
    Equivocated,
    IncompleteBundle,
    MalformedBundle,
    RolledBack,
)
from rogatory.keys.files import write_atomically
from rogatory.protocol.text import message, text_of

_FILE = "directory.bundle"
_HISTORY = "directory.history"
_BASE = "mirror:/"


class TrustedDirectory:
    """The last accepted directory, in a folder of its own.

    `bootstrap_root` is a root.json got by hand (with the software, from a trustee): all trust starts there.
    One process may use a folder at a time. All calls block (files, signatures): keep them off an event loop.
    """

    def __init__(self, folder: Path, bootstrap_root: bytes, *, keeps_history: bool = False) -> None:
        self._file = folder / _FILE
        self._history = folder / _HISTORY if keeps_history else None
        self._bootstrap_root = bootstrap_root
        # Its metadata alone: documents are most of a bundle, and are read again from the file where they are wanted.
        self._accepted: Assembled | None = None

    def load(self) -> Directory:
        """The last accepted directory, even if it has run out since. Raises IncompleteBundle if there is none yet."""
        accepted = self._load()
        if accepted is None:
            raise IncompleteBundle(message("no directory was accepted yet: connect to a relay, or import a bundle"))
        return accepted.directory

    @property
    def file(self) -> Path:
        """Where the last accepted bundle stands; replaced as a whole."""
        return self._file

    def bundle(self) -> bytes:
        """The last accepted bundle, to be served to others. Raises IncompleteBundle if there is none yet."""
        self.load()
        return self._file.read_bytes()

    def refresh(self, bundle: bytes) -> Directory:
        """Accept a bundle, or refuse it and change nothing.

        Raises MalformedBundle, IncompleteBundle, WrongSignature, EntryMismatch, RolledBack, Equivocated,
        HistoryRewritten, DirectoryExpired.
        """
        offered = self._judge(bundle)
        data = bundles.pack(offered.files)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._remember(offered.files)
        write_atomically(self._file, data, mode=0o644)
        self._accepted = _without_documents(offered)
        return offered.directory

    def forget(self) -> None:
        """Hold nothing of it in memory until it is asked for again: then its file is read and verified anew."""
        self._accepted = None

    def root(self) -> bytes:
        """The root that all trust here starts from."""
        return self._bootstrap_root

    def history(self) -> bytes:
        """Everything that was accepted here, as `read_chronicle` reads it; versions that were missed are left out.

        Raises IncompleteBundle if nothing was accepted yet, MalformedBundle where the stored history is damaged.
        """
        self.load()
        return pack_history({**self._past(), **self._files()})

    def _files(self) -> dict[str, bytes]:
        """Those of the last accepted bundle, none before the first."""
        return bundles.unpack(self._file.read_bytes()) if self._file.exists() else {}

    def _past(self) -> dict[str, bytes]:
        if self._history is None or not self._history.exists():
            return {}
        return unpack_history(self._history.read_bytes())

    def _remember(self, files: Mapping[str, bytes]) -> None:
        """Before a bundle is replaced. A new timestamp alone adds nothing: the newest stands in the bundle."""
        before = self._load()
        if self._history is None or (before is not None and not _metadata(files).keys() - before.files.keys()):
            return
        try:
            known = {**self._past(), **self._files(), **files}
            write_atomically(self._history, pack_history(known), mode=0o644)
        except MalformedBundle:
            # Damaged or full: the directory itself goes on, and a stranger is given the publisher's history.
            return

    def examine(self, bundle: bytes) -> Directory:
        """What `refresh` would accept; nothing is changed. Raises as `refresh`."""
        return self._judge(bundle).directory

    def _judge(self, bundle: bytes) -> Assembled:
        accepted = self._load()
        files = bundles.unpack(bundle)
        if accepted is not None:
            _keep_roots(accepted, files)
        offered = assemble(files, self._bootstrap_root)
        if accepted is not None:
            _check_same_versions(accepted, offered)
        _run_updater(offered.files, accepted.files if accepted else {}, self._bootstrap_root)
        if accepted is not None:
            check_succession(accepted.directory, offered.directory)
        return offered

    def _load(self) -> Assembled | None:
        if self._accepted is None and self._file.exists():
            try:
                self._accepted = _without_documents(assemble(self._files(), self._bootstrap_root))
            except DirectoryRefused as error:
                # IncompleteBundle would say that there is no directory yet.
                raise (MalformedBundle if isinstance(error, IncompleteBundle) else type(error))(
                    message(
                        "the stored directory {file} is damaged or belongs to another root ({error}): delete this"
                        " file and fetch the directory again",
                        file=self._file,
                        error=text_of(error),
                    )
                ) from None
        return self._accepted


def _without_documents(assembled: Assembled) -> Assembled:
    return Assembled(assembled.directory, _metadata(assembled.files))


def _metadata(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if name.startswith("metadata/")}


def _keep_roots(accepted: Assembled, files: dict[str, bytes]) -> None:
    """Put in the roots that were accepted before; a mirror that ends with an older one is behind."""
    newest = accepted.directory.root_version
    if metadata_file("root", newest) not in files and metadata_file("root", newest) in accepted.files:
        raise RolledBack(older("root", newest - 1, newest))
    for version in range(1, newest):
        if (held := accepted.files.get(metadata_file("root", version))) is not None:
            files.setdefault(metadata_file("root", version), held)


def _check_same_versions(accepted: Assembled, offered: Assembled) -> None:
    """Under one version number there is one document: python-tuf looks at numbers alone."""
    for name, held in accepted.files.items():
        if not name.startswith("metadata/"):
            continue
        if name == TIMESTAMP_FILE and offered.directory.timestamp_version != accepted.directory.timestamp_version:
            continue
        if offered.files.get(name, held) != held:
            raise Equivocated(
                message(
                    "two different documents were signed as {name}: this is its signers' doing, not the relay's;"
                    " keep both bundles and tell the trustees",
                    name=name,
                )
            )


def _run_updater(offered: Mapping[str, bytes], accepted: Mapping[str, bytes], bootstrap_root: bytes) -> None:
    """Judge expiry and rollback of the top-level roles by python-tuf's client (TUF specification 5.3 to 5.6)."""
    with tempfile.TemporaryDirectory(prefix="rogatory-directory-") as name:
        folder = Path(name)
        _lay_out(folder, accepted)
        try:
            updater = Updater(name, f"{_BASE}metadata/", fetcher=_MirrorFetcher(offered), bootstrap=bootstrap_root)
            updater.refresh()
        except ExpiredMetadataError as error:
            raise DirectoryExpired(
                message(
                    "the directory offered has run out ({error}): nothing new is trusted; the relay's mirror is"
                    " stale or the publisher is late: tell them, and check this computer's clock",
                    error=text_of(error),
                )
            ) from None
        except BadVersionNumberError as error:
            raise RolledBack(
                message(
                    "the directory offered is older than the one held ({error}): the relay serves a stale mirror;"
                    " tell its operator, and trust no new key until it has caught up",
                    error=text_of(error),
                )
            ) from None
        except (RepositoryError, DownloadError) as error:
            raise DirectoryRefused(
                message("the directory offered was refused: {error}", error=text_of(error))
            ) from None


def _lay_out(folder: Path, accepted: Mapping[str, bytes]) -> None:
    """Write accepted metadata where python-tuf's client looks for what it trusted before."""
    (folder / "root_history").mkdir()
    for name, data in accepted.items():
        kind, _, file = name.partition("/")
        if kind != "metadata":
            continue
        if file.endswith(".root.json"):
            (folder / "root_history" / file).write_bytes(data)
        elif name == TIMESTAMP_FILE:
            (folder / file).write_bytes(data)
        else:
            (folder / file.partition(".")[2]).write_bytes(data)


class _MirrorFetcher(FetcherInterface):
    """Serves python-tuf's client from files in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def _fetch(self, url: str) -> Iterator[bytes]:
        data = self._files.get(url.removeprefix(_BASE))
        if data is None:
            raise DownloadHTTPError(message("no {url}", url=url), 404)
        return iter([data])
