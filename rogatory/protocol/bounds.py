"""The bounds of plain values in MessagePack, checked as they are decoded."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from msgspec import Meta

MAX_NUMBER: Final = (1 << 63) - 1
MAX_LIST: Final = 10_000

T = TypeVar("T")

Number = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
"""A sequence number, version or count: what any database's integer holds."""

Milliseconds = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""Unix time up to the year 9999: what any calendar holds."""

Listed = Annotated[list[T], Meta(max_length=MAX_LIST)]
"""A list whose length is looked at before its items: a frame could hold millions of empty ones. What it may
hold at most, whoever reads it judges."""
