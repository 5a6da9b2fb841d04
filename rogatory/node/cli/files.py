"""Files that a person fills in: JSON or TOML, `-` for JSON on standard input."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from rogatory.languages.system import reason_of
from rogatory.node.errors import NotFound, RefusedInput
from rogatory.protocol.text import message

MAX_FILE: Final = 1024 * 1024


def read_mapping(path: Path) -> dict[str, Any]:
    """The object in a file, TOML if it is named so. Raises NotFound, RefusedInput, naming the file."""
    try:
        data = sys.stdin.buffer.read(MAX_FILE + 1) if str(path) == "-" else _read(path)
    except OSError as error:
        raise NotFound(
            message("{file} cannot be read: {reason}", file=path, reason=reason_of(error)),
            message("name a file that is there and may be read"),
        ) from None
    if len(data) > MAX_FILE:
        raise RefusedInput(message("{file} is over {limit} bytes", file=path, limit=MAX_FILE))
    try:
        value = tomllib.loads(data.decode()) if path.suffix.lower() == ".toml" else msgspec.json.decode(data)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise RefusedInput(
            message("{file} is not well formed: {error}", file=path, error=str(error)), message("correct the file")
        ) from None
    if not isinstance(value, dict):
        raise RefusedInput(
            message("{file} does not hold an object", file=path), message("begin with: rogatory-node request template")
        )
    return value


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE + 1)
