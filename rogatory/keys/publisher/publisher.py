"""What the publisher does, step by step: take in drafts, renew in time, write the bundle. It blocks; time is passed in.

Everything can be repeated after a crash: a draft leaves the incoming folder after what it brought is published.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from securesystemslib.signer import Signer

from rogatory.keys.directory import bundle as bundles
from rogatory.keys.directory.assemble import TIMESTAMP_FILE
from rogatory.keys.directory.directory import Directory
from rogatory.keys.directory.expiry import ExpiryWarning, expiry_warnings
from rogatory.keys.errors import FolderBusy, KeysError, PublishError
from rogatory.keys.files import write_atomically
from rogatory.keys.publisher.config import PublisherConfig
from rogatory.keys.publisher.metrics import Metrics
from rogatory.keys.publishing import folder as folders
from rogatory.keys.publishing.draft_file import MAX_DRAFT, decode_draft, take_in
from rogatory.keys.publishing.proposal import check_terms, read_proposal
from rogatory.keys.publishing.repository import Repository
from rogatory.keys.publishing.review import review
from rogatory.protocol.text import message

RENEWED_AFTER = 0.25
"""The part of the timestamp's term after which it is renewed: what clients read has three quarters of it left."""

_CLOCK_TOLERANCE = timedelta(minutes=10)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Published:
    """What is handed out now."""

    directory: Directory
    bundle: bytes
    etag: str


class Publisher:
    """One publisher. `problems` say what an operator should look at; they are empty when all is well."""

    def __init__(self, config: PublisherConfig, signer: Signer, metrics: Metrics) -> None:
        self._config = config
        self._signer = signer
        self._metrics = metrics
        self._seen: dict[Path, tuple[int, int]] = {}
        self._told: dict[str, str] = {}
        self._on_disk: tuple[int, int] | None = None
        self._written: str | None = None
        self.current: Published | None = None
        self.problems: list[str] = []
        self.warnings: list[ExpiryWarning] = []

    def open(self) -> None:
        """Read what is published; make the incoming folder. Raises KeysError, OSError."""
        repository = folders.load(self._config.directory)
        if not repository.published:
            raise PublishError(
                message(
                    "nothing is published from {directory} yet: publish the first draft by hand (`rogatory-keys"
                    " directory publish`), then start the publisher",
                    directory=self._config.directory,
                )
            )
        self._config.incoming_folder.mkdir(parents=True, exist_ok=True)
        self._hand_out(repository)
        self._write_bundle()

    def step(self, now: datetime) -> None:
        """Do what is due at `now`. Problems are kept, logged when they begin, and tried again at the next step."""
        self.problems = []
        steps: tuple[tuple[str, Callable[[datetime], None]], ...] = (
            ("directory", self._look_again),
            ("incoming", self._take_in),
            ("renewal", self._renew_if_due),
            ("bundle", self._write_bundle),
        )
        for what, act in steps:
            try:
                act(now)
            except FolderBusy:
                continue  # another command works there: at the next step
            except (KeysError, OSError) as error:
                self._problem(what, str(error))
        if self.current is not None:
            self._look_at_clock(self.current.directory, now)
            self._warn(self.current.directory, now)
        self._told = {what: said for what, said in self._told.items() if said in self.problems}
        self._metrics.problems.set(len(self.problems))

    # Drafts

    def _take_in(self, now: datetime) -> None:
        for path in self._settled():
            try:
                offered = decode_draft(_read(path), path.name)
                with self._repository() as repository:
                    # What is drafted in this folder by hand waits for its own signatures.
                    drafted_here, repository.drafts = repository.drafts, {}
                    take_in(repository, offered)
                    proposal = read_proposal(repository)
                    check_terms(proposal, now.timestamp())
                    changes = review(proposal, now.timestamp())
                    repository.publish(self._signer, now)
                    repository.drafts = drafted_here
                    repository.drop_outdated_drafts()
            except KeysError as error:
                if isinstance(error, FolderBusy):
                    raise
                self._refuse(path, str(error))
                continue
            self._metrics.published.inc()
            _log.info("published", file=path.name, changes=changes)
            _move(path, "done")

    def _settled(self) -> Iterator[Path]:
        """Drafts that did not change since the last step: what is still being copied is left alone."""
        found: dict[Path, tuple[int, int]] = {}
        for path in sorted(self._config.incoming_folder.glob("*.draft")):
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
        settled = [path for path, state in found.items() if self._seen.get(path) == state]
        self._seen = found
        return iter(settled)

    def _refuse(self, path: Path, reason: str) -> None:
        self._metrics.refused.inc()
        _log.error("draft_refused", file=path.name, reason=reason)
        moved = _move(path, "refused")
        write_atomically(moved.with_name(moved.name + ".reason.txt"), f"{reason}\n".encode(), mode=0o644)

    # Terms

    def _renew_if_due(self, now: datetime) -> None:
        if self.current is None:
            return
        left = self.current.directory.timestamp_expires - now.timestamp()
        if left > (1 - RENEWED_AFTER) * self._config.terms.timestamp.total_seconds():
            return
        with self._repository() as repository:
            directory = repository.renew(self._signer, now)
        self._metrics.renewed.inc()
        _log.info("renewed", timestamp=directory.timestamp_version, snapshot=directory.snapshot_version)

    def _look_at_clock(self, directory: Directory, now: datetime) -> None:
        behind = timedelta(seconds=directory.confirmed - now.timestamp())
        if behind > _CLOCK_TOLERANCE:
            self._problem(
                "clock",
                message(
                    "this computer's clock is {hours} hours behind the last timestamp that was signed here: it is wrong"
                    " now, or was wrong then; set it by NTP",
                    hours=f"{behind.total_seconds() / 3600:.1f}",
                ),
            )

    def _warn(self, directory: Directory, now: datetime) -> None:
        said = {warning.role for warning in self.warnings}
        self.warnings = expiry_warnings(directory, now.timestamp())
        for warning in self.warnings:
            if warning.role not in said:
                _log.warning("role_expires", role=warning.role, reason=warning.message)

    # Handing out

    @contextmanager
    def _repository(self) -> Iterator[Repository]:
        """The repository with its terms; what is published in the block is handed out after it."""
        with folders.opened(self._config.directory) as repository:
            repository.terms = self._config.terms
            yield repository
        self._hand_out(repository)

    def _hand_out(self, repository: Repository) -> None:
        data = bundles.pack(repository.published)
        self.current = Published(repository.directory(), data, bundles.etag(data))
        self._on_disk = self._state_on_disk()
        self._metrics.show(self.current.directory)

    def _look_again(self, _: datetime) -> None:
        """Somebody may have published by hand meanwhile."""
        if self._on_disk != self._state_on_disk():
            self._hand_out(folders.load(self._config.directory))

    def _state_on_disk(self) -> tuple[int, int]:
        status = (self._config.directory / folders.MIRROR / TIMESTAMP_FILE).stat()
        return status.st_mtime_ns, status.st_ino

    def _write_bundle(self, _: datetime | None = None) -> None:
        if self.current is None or (self._written == self.current.etag and self._config.bundle_file.exists()):
            return
        write_atomically(self._config.bundle_file, self.current.bundle, mode=0o644)
        self._written = self.current.etag

    def _problem(self, what: str, said: str) -> None:
        self.problems.append(said)
        if self._told.get(what) != said:
            _log.error("problem", about=what, reason=said)
        self._told[what] = said


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_DRAFT + 1)


def _move(path: Path, folder: str) -> Path:
    """Put a file into a folder beside it, under a name that is free there."""
    target = path.parent / folder
    target.mkdir(exist_ok=True)
    number = 0
    while (moved := target / (path.name if number == 0 else f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    os.replace(path, moved)
    return moved
