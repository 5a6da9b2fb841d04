"""Files that a person fills in: JSON or TOML, `-` for JSON on standard input."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec

from rogatory.node.errors import NotFound, RefusedInput

MAX_FILE: Final = 1024 * 1024


def read_mapping(path: Path) -> dict[str, Any]:
    """The object in a file, TOML if it is named so. Raises NotFound, RefusedInput, naming the file."""
    try:
        data = sys.stdin.buffer.read(MAX_FILE + 1) if str(path) == "-" else _read(path)
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise RefusedInput(f"{path} is over {MAX_FILE} bytes")
    try:
        value = tomllib.loads(data.decode()) if path.suffix.lower() == ".toml" else msgspec.json.decode(data)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        raise RefusedInput(f"{path} is not well formed: {error}", "correct the file") from None
    if not isinstance(value, dict):
        raise RefusedInput(f"{path} does not hold an object", "begin with: rogatory-node request template")
    return value


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE + 1)
