"""Memory that the process needs no more, given back to the system."""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_ARENA_MAX: Final = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_COLLECT_AFTER: Final = (20_000, 20, 20)
"""New objects before a collection, and collections before one that goes further back: a commit of a thousand messages
makes tens of thousands, nearly all of which go by themselves. Python's own 700 would look at them again and again."""


def keep_together() -> None:
    """At the very start, before there are threads: one heap for all of them. By itself, glibc gives each its own, and
    what one thread has freed no other uses; they hold one lock nearly always anyway."""
    if (option := getattr(ctypes.CDLL(None), "mallopt", None)) is not None:  # glibc's own
        option(_ARENA_MAX, 1)


def settle() -> None:
    """At the start, when everything is there that stays, and no session yet.

    Collections look at it no more (`gc.freeze`): they stop everything else for as long as there are objects. Sessions
    must not be among them, or what they leave behind in circles would never be collected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    trim()


def trim() -> None:
    """After much was read and dropped. By itself, glibc gives back only what lies free at the end of a heap."""
    give_back = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's own
    if give_back is not None:
        give_back(0)
