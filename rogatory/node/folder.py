"""A node's folder: what lies where, and that only one process uses it at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rogatory.keys.files import write_atomically
from rogatory.node.errors import Conflict, DaemonUnreachable, NotFound, Unauthorised
from rogatory.protocol.text import message


class Address(msgspec.Struct, frozen=True):
    """Where the running daemon's API listens. `url` has no path; `pid` is its process id."""

    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class NodeFolder:
    """The paths in a node's folder."""

    path: Path

    @property
    def config(self) -> Path:
        """Settings."""
        return self.path / "node.toml"

    @property
    def root(self) -> Path:
        """The directory's root of trust, as it was handed over in person."""
        return self.path / "root.json"

    @property
    def vault(self) -> Path:
        """Secret keys under the passphrase."""
        return self.path / "vault"

    @property
    def database(self) -> Path:
        """Everything else that is kept, encrypted with a key from the vault."""
        return self.path / "node.db"

    @property
    def directory(self) -> Path:
        """The last trusted directory."""
        return self.path / "directory"

    @property
    def attachments(self) -> Path:
        """Sealed files of documents; what opens them is in the database."""
        return self.path / "attachments"

    @property
    def enrolment(self) -> Path:
        """What the trustees of the directory are given."""
        return self.path / "enrolment.json"

    @property
    def recovery(self) -> Path:
        """The recovery key as `init` writes it; it belongs offline."""
        return self.path / "recovery.key"

    @property
    def token(self) -> Path:
        """What a caller of the local API must know."""
        return self.path / "api.token"

    def officer_token(self, officer: str) -> Path:
        """The token of an officer, where it was not handed over elsewhere."""
        return self.path / "officers" / f"{officer}.token"

    @property
    def address(self) -> Path:
        """Where the running daemon listens."""
        return self.path / "daemon.json"

    def check(self) -> None:
        """Raise NotFound unless this is a node's folder."""
        if not self.config.is_file() or not self.vault.is_file():
            raise NotFound(
                message("{path} is no node's folder", path=self.path),
                message("make one with: rogatory-node init FOLDER, or name another one"),
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone. Raises Conflict while another holds it.

        The kernel ends the lock with the process, so that a killed daemon leaves none behind.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(
                    message("another daemon runs on {path}", path=self.path),
                    message("use that one, or stop it before starting again"),
                ) from None
            yield
        finally:
            os.close(descriptor)

    def ensure_token(self) -> str:
        """The API's token, made if there is none."""
        if not self.token.exists():
            write_atomically(self.token, secrets.token_urlsafe(32).encode())
        return self.read_token()

    def read_token(self, officer: str | None = None) -> str:
        """The API's token, or an officer's. Raises Unauthorised where this user may not read it, NotFound."""
        file = self.token if officer is None else self.officer_token(officer)
        try:
            return file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            if officer is not None:
                raise NotFound(
                    message("{file} is missing", file=file), message("see who there is: rogatory-node officer list")
                ) from None
            raise DaemonUnreachable(
                message("no daemon has run on {path} yet", path=self.path),
                message("start it: rogatory-node run --folder {path}", path=self.path),
            ) from None
        except (PermissionError, UnicodeDecodeError):
            raise Unauthorised(
                message("{file} cannot be read by this user", file=file),
                message("run the command as the user whose daemon it is"),
            ) from None

    def write_address(self, address: Address) -> None:
        """Say where the daemon listens."""
        write_atomically(self.address, msgspec.json.encode(address))

    def clear_address(self) -> None:
        """Say that no daemon listens."""
        with suppress(FileNotFoundError):
            self.address.unlink()

    def read_address(self) -> Address:
        """Where the daemon listens. Raises DaemonUnreachable if none said so."""
        try:
            return msgspec.json.decode(self.address.read_bytes(), type=Address)
        except (FileNotFoundError, msgspec.DecodeError):
            raise DaemonUnreachable(
                message("no daemon runs on {path}", path=self.path),
                message("start it: rogatory-node run --folder {path}", path=self.path),
            ) from None
