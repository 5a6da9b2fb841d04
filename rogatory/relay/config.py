"""The relay's configuration: a TOML file, overridden by ROGATORY_RELAY_* variables. API.md explains every setting."""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from rogatory.protocol.limits import MAX_APPLICATION, MAX_COMMIT, MIB
from rogatory.protocol.text import message, text_of
from rogatory.relay.errors import ConfigError

ENVIRONMENT_PREFIX: Final = "ROGATORY_RELAY_"

Count = Annotated[int, Meta(ge=1, le=2**53)]
Seconds = Annotated[float, Meta(gt=0, le=366 * 24 * 3600)]
Days = Annotated[float, Meta(ge=0, le=36_500)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration file."""


class DirectorySettings(Section, frozen=True, kw_only=True):
    """`root`: root.json, got by hand; `bundle`: where the publisher drops bundles; `folder`: the accepted one.

    `url`: the publisher's server, asked for `<url>/directory` every `fetch_seconds`.
    """

    root: str = "root.json"
    bundle: str = "directory.bundle"
    folder: str = "directory"
    watch_seconds: Seconds = 2.0
    url: str | None = None
    fetch_seconds: Seconds = 5.0


class LimitSettings(Section, frozen=True, kw_only=True):
    """What one connection, address or moment may take. Sizes are bytes."""

    max_application: Annotated[int, Meta(ge=1024, le=MAX_APPLICATION)] = MAX_APPLICATION
    max_commit: Annotated[int, Meta(ge=1024, le=MAX_COMMIT)] = MAX_COMMIT
    connections: Count = 10_000
    connections_per_address: Count = 500
    connects_per_minute: Count = 3_000
    handshake_seconds: Seconds = 10.0
    ping_seconds: Seconds = 30.0
    appending_bytes: Count = 256 * MIB
    channels_per_session: Count = 20_000
    transfers: Count = 32
    transfers_per_authority: Count = 4


class QuotaSettings(Section, frozen=True, kw_only=True):
    """What one authority may keep and do."""

    stored_bytes: Count = 4 * 1024 * MIB
    channels: Count = 10_000
    key_packages: Count = 500
    blobs: Count = 100_000
    blob_bytes: Count = 256 * 1024 * MIB
    blob_size: Count = 128 * 1024 * MIB
    appends_per_minute: Count = 600_000
    claims_per_hour: Count = 20_000
    acknowledgements_per_minute: Count = 60_000


class RetentionSettings(Section, frozen=True, kw_only=True):
    """`grace_days` after all members acknowledged, `max_age_days` in any case; looked at every `interval_seconds`.

    `attachment_days`: attachments at least, since members fetch large ones when they need them; then with the body of
    their entry. `unreferenced_days`: attachments to which no entry refers, after the last byte that came.
    """

    grace_days: Days = 7.0
    max_age_days: Days = 400.0
    attachment_days: Days = 60.0
    unreferenced_days: Days = 7.0
    interval_seconds: Seconds = 600.0


class ReplicaSettings(Section, frozen=True, kw_only=True):
    """Relay processes over one PostgreSQL. `poll_seconds`: how often one looks for what the others committed, beside
    being woken by them."""

    poll_seconds: Seconds = 1.0


class RelayConfig(Section, frozen=True, kw_only=True):
    """`keys`: the relay's keys, plain in a file of mode 0600, or a vault if `passphrase_file` is set.

    `behind_proxy_certificate`: the certificate of a reverse proxy that ends TLS in front of this relay.
    `database`: an SQLite file, or postgresql+asyncpg://user@host/name, which any number of replicas share.
    `blobs`: where attachments are kept: a folder, or s3://bucket/prefix.
    """

    keys: str = "relay.keys"
    passphrase_file: str | None = None
    listen: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8443
    certificate: str | None = None
    private_key: str | None = None
    behind_proxy_certificate: str | None = None
    database: str = "relay.db"
    database_password_file: str | None = None
    blobs: str = "blobs"
    admin_socket: str = "admin.sock"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    directory: DirectorySettings = msgspec.field(default_factory=DirectorySettings)
    limits: LimitSettings = msgspec.field(default_factory=LimitSettings)
    quotas: QuotaSettings = msgspec.field(default_factory=QuotaSettings)
    retention: RetentionSettings = msgspec.field(default_factory=RetentionSettings)
    replicas: ReplicaSettings = msgspec.field(default_factory=ReplicaSettings)

    folder: Path = Path()
    """Where relative paths start: the folder of the configuration file. Not a setting."""

    def path(self, name: str) -> Path:
        """A path of the configuration."""
        return self.folder / name

    @property
    def socket(self) -> Path:
        """The running relay's own socket, for `courier` and `admin`."""
        return self.path(self.admin_socket)


def load_config(path: Path, environment: Mapping[str, str] = os.environ) -> RelayConfig:
    """The settings in `path` with the environment's overrides; raises ConfigError, naming the setting."""
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            message("{path} is missing: make the relay's folder with rogatory-relay init FOLDER", path=path)
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            message("{path} cannot be read: {error}: correct the file", path=path, error=text_of(error))
        ) from None
    if "folder" in settings:
        raise ConfigError(
            message("a setting in {path} is wrong: Object contains unknown field `folder`: remove it", path=path)
        )
    _override(settings, environment)
    try:
        config = msgspec.convert(settings | {"folder": str(path.parent)}, RelayConfig, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(
            message(
                "a setting in {path} or the environment is wrong: {error}: correct or remove it",
                path=path,
                error=text_of(error),
            )
        ) from None
    _check_transport(config, path)
    _check_publisher(config, path)
    return config


def _decode(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError


def _override(settings: dict[str, Any], environment: Mapping[str, str]) -> None:
    known = dict(_variables())
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        place = known.get(variable)
        if place is None:
            raise ConfigError(
                message("the environment variable {variable} names no setting: correct or remove it", variable=variable)
            )
        table, name = place
        target = settings if table is None else settings.setdefault(table, {})
        if not isinstance(target, dict):
            raise ConfigError(message("{table} is a table of settings, not a value: correct the file", table=table))
        target[name] = value


def _variables() -> Iterator[tuple[str, tuple[str | None, str]]]:
    for field in msgspec.structs.fields(RelayConfig):
        if isinstance(field.type, type) and issubclass(field.type, Section):
            for inner in msgspec.structs.fields(field.type):
                yield f"{ENVIRONMENT_PREFIX}{field.name}_{inner.name}".upper(), (field.name, inner.name)
        elif field.name != "folder":
            yield f"{ENVIRONMENT_PREFIX}{field.name}".upper(), (None, field.name)


def _check_transport(config: RelayConfig, path: Path) -> None:
    if (config.certificate is None) != (config.private_key is None):
        raise ConfigError(
            message("{path}: certificate and private_key belong together: set both or neither", path=path)
        )
    if config.certificate is not None and config.behind_proxy_certificate is not None:
        raise ConfigError(
            message("{path}: either this relay ends TLS (certificate) or a proxy does, not both", path=path)
        )
    tls = config.certificate is not None or config.behind_proxy_certificate is not None
    if not tls and not _is_loopback(config.listen):
        raise ConfigError(
            message(
                "{path}: listen = {listen!r} is not a loopback address and there is no TLS: set certificate"
                " and private_key, or behind_proxy_certificate if a reverse proxy ends TLS",
                path=path,
                listen=config.listen,
            )
        )


def _check_publisher(config: RelayConfig, path: Path) -> None:
    if config.directory.url is None:
        return
    try:
        url = urlsplit(config.directory.url)
        sound = url.scheme in ("http", "https") and url.hostname and not (url.query or url.fragment or url.username)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError(
            message(
                "{path}: directory.url is no address of a publisher: write it like http://127.0.0.1:8480", path=path
            )
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
