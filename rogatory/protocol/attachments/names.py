"""File names that others chose, made fit for a disk here and for an eye."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME: Final = 200
"""Bytes in UTF-8: most file systems take 255, and a temporary name is longer."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that no name needs: controls, formats (bidirectional ones among them), what is unassigned."""

_SPECIAL: Final = frozenset('/\\:*?"<>|')
"""Separators of paths, and what some file systems refuse."""


def safe_name(name: str) -> str:
    """A name that stays in its folder, hides nothing, and does not show another ending than it has."""
    seen = "".join(
        "_" if character in _SPECIAL else character
        for character in unicodedata.normalize("NFC", name)
        if unicodedata.category(character) not in _UNSEEN
    )
    seen = " ".join(seen.split()).strip(". ")
    return _shortened(seen) or "file"


def _shortened(name: str) -> str:
    """At most MAX_NAME bytes; the ending stays if it is a short one."""
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    room = MAX_NAME - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending
