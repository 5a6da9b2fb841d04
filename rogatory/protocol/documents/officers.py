"""Who prepared and who approved a document, as its authority asserts: the signature is the authority's alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from rogatory.protocol.documents.fields import Line, Part


class Act(StrEnum):
    """What an officer did."""

    PREPARED = "prepared"
    APPROVED = "approved"


class Officer(Part, frozen=True, kw_only=True):
    """A person at the authority, by name and function."""

    name: Line
    function: Line = ""
    act: Act


Officers = Annotated[tuple[Officer, ...], msgspec.Meta(max_length=10)]
"""In the order of what they did."""
