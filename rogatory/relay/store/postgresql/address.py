"""Where the database is: the URL of the configuration, without its password."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from rogatory.languages.system import reason_of
from rogatory.protocol.text import message
from rogatory.relay.errors import ConfigError

SCHEME: Final = "postgresql+asyncpg"
_LIKE: Final = message("write it like {example}", example=f"{SCHEME}://relay@db.example.org/rogatory")


@dataclass(frozen=True, slots=True)
class Address:
    """`dsn` is what asyncpg connects to; `told` names the database in messages, `password` is in no repr."""

    dsn: str
    told: str
    password: str | None = field(default=None, repr=False)


def is_address(database: str) -> bool:
    """Whether the setting `database` names a server rather than a file."""
    return "://" in database


def parse_address(database: str, password_file: Path | None = None) -> Address:
    """The address that the settings name. Raises ConfigError, which never quotes a password.

    Over a network the server's certificate is verified (`sslmode=verify-full`) unless the URL says another mode.
    Without `password_file`, libpq's ways count: PGPASSWORD, PGPASSFILE, ~/.pgpass.
    """
    try:
        parts = urlsplit(database)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise ConfigError(message("database is no address of a PostgreSQL: {like}", like=_LIKE)) from None
    if parts.scheme != SCHEME:
        raise ConfigError(
            message(
                "database = {scheme}://... is not supported: {like}, or name a file", scheme=parts.scheme, like=_LIKE
            )
        )
    if parts.password is not None or "password" in options:
        raise ConfigError(
            message(
                "database holds a password, which logs and process lists could show: take it out of the URL,"
                " change it, and name a file with the new one as database_password_file, or use PGPASSFILE"
            )
        )
    name = unquote(parts.path.lstrip("/"))
    if not parts.username or not name or parts.fragment:
        raise ConfigError(message("database names no user or no database: {like}", like=_LIKE))
    reached = options.get("host", host)
    if reached is None:
        raise ConfigError(message("database names no server: {like}", like=_LIKE))
    if not reached.startswith("/") and not _is_loopback(reached):
        options.setdefault("sslmode", "verify-full")
    dsn = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(options), ""))
    told = message("{name} at {place}", name=name, place=f"{reached}:{port}" if port else reached)
    return Address(dsn, told, None if password_file is None else _password(password_file))


def _password(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else message("it is not text")
        raise ConfigError(
            message("database_password_file {path} cannot be read: {reason}", path=path, reason=reason)
        ) from None
    password = text.splitlines()[0] if text.strip() else ""
    if not password:
        raise ConfigError(message("database_password_file {path} is empty: its first line is the password", path=path))
    return password


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
