"""The closing of a matter by the party which founded it. What follows it in the log is void; the keys go."""

from __future__ import annotations

from typing import ClassVar

from rogatory.protocol.documents.base import Body
from rogatory.protocol.documents.fields import Text


class Closing(Body, frozen=True, kw_only=True):
    """Its author founded the matter, and ends it for every party."""

    KIND: ClassVar[str] = "closing"
    ADDRESSED: ClassVar[bool] = False

    reason: Text = ""
