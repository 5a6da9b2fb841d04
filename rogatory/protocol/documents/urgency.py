"""Urgency, as charters and requests state it."""

from __future__ import annotations

from enum import StrEnum


class Urgency(StrEnum):
    """How soon an answer is needed."""

    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"
    """A threat to life."""
