"""The publisher's configuration: a TOML file. CEREMONY.md explains every setting."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rogatory.keys.errors import ConfigRefused
from rogatory.keys.publishing.drafts import Terms
from rogatory.protocol.text import message, text_of

Positive = Annotated[float, Meta(gt=0, le=3650)]


class PublisherConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paths are relative to the configuration file. `port` 0 takes a free one; an empty `listen` serves no HTTP."""

    directory: Path
    key: Path
    passphrase_file: Path | None = None
    incoming: Path | None = None
    bundle: Path | None = None
    listen: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8480
    watch_seconds: Annotated[float, Meta(gt=0, le=3600)] = 2.0
    timestamp_hours: Positive = 48.0
    snapshot_days: Positive = 14.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def terms(self) -> Terms:
        """The terms of what the publisher signs."""
        return Terms(snapshot=timedelta(days=self.snapshot_days), timestamp=timedelta(hours=self.timestamp_hours))

    @property
    def incoming_folder(self) -> Path:
        """Where assembled drafts are dropped."""
        return self.incoming or self.directory / "incoming"

    @property
    def bundle_file(self) -> Path:
        """What relays mirror from, by file."""
        return self.bundle or self.directory / "directory.bundle"


_PATHS = ("directory", "key", "passphrase_file", "incoming", "bundle")


def load_config(file: Path | None, given: dict[str, Any]) -> PublisherConfig:
    """The file's settings, overridden by what was `given` on the command line (None: not given).

    Raises ConfigRefused, OSError.
    """
    settings: dict[str, Any] = {}
    if file is not None:
        try:
            settings = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigRefused(message("{file} is no TOML file: {error}", file=file, error=text_of(error))) from None
        for name in _PATHS:
            if isinstance(settings.get(name), str):
                settings[name] = str(file.parent / settings[name])
    settings |= {name: value for name, value in given.items() if value is not None}
    try:
        config = msgspec.convert(settings, PublisherConfig, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ConfigRefused(
            message("the publisher's configuration is refused: {error}", error=text_of(error))
        ) from None
    if config.timestamp_hours > config.snapshot_days * 24:
        raise ConfigRefused(message("the publisher's snapshot_days must not be shorter than its timestamp_hours"))
    return config


def _path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError(f"expected a path, got {value!r}")  # msgspec adds where it stands
