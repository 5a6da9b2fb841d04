"""How a vector's expectations are stated."""

from __future__ import annotations

hexed = bytes.fromhex


class Mismatch(Exception):
    """What was computed is not what the vector says."""


def equal(what: str, found: object, expected: object) -> None:
    """Raises Mismatch."""
    if found != expected:
        raise Mismatch(f"{what}: {_shown(found)}, expected {_shown(expected)}")


def _shown(value: object) -> str:
    return value.hex()[:80] if isinstance(value, bytes) else repr(value)[:80]
