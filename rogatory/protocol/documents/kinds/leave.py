"""A notice that its author leaves the channel. Another member carries it out by a commit."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body
from rogatory.protocol.documents.fields import Text


class Leave(Body, frozen=True, kw_only=True):
    """Its author consents to its own removal."""

    KIND: ClassVar[str] = "leave"
    ADDRESSED: ClassVar[bool] = False

    reason: Text = ""
