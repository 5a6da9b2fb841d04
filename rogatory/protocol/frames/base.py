"""What every frame shares."""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True, array_like=True, tag_field="frame"):
    """A frame is an array whose first element names its kind."""
