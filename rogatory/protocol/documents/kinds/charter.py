"""The charter: what a channel is for and who its parties are. The first document in a channel's log."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

import msgspec

from rogatory.protocol.documents.base import Body, Payload, check_distinct, is_blank
from rogatory.protocol.documents.errors import UnsoundDocument
from rogatory.protocol.documents.fields import Hex32, Line, NetworkId, Part, Parties, RelayId, Seq
from rogatory.protocol.documents.urgency import Urgency
from rogatory.protocol.text import message


class Purpose(StrEnum):
    """What a channel is for."""

    MATTER = "matter"
    CONSULTATION = "consultation"
    NETWORK = "network"
    INTER_NETWORK = "inter_network"

    @property
    def of_case(self) -> bool:
        """Whether the channel is about a case: its parties are named, and it may carry case data."""
        return self in (Purpose.MATTER, Purpose.CONSULTATION)


class Predecessor(Part, frozen=True, kw_only=True):
    """The channel that this one goes on for, and the last (seq, head) known of it."""

    channel: Hex32
    seq: Seq
    head: Hex32


class Charter(Body, frozen=True, kw_only=True):
    """Signed by the channel's creator. `parties` includes the creator."""

    KIND: ClassVar[str] = "charter"
    ADDRESSED: ClassVar[bool] = False

    purpose: Purpose
    subject: Line
    home_relay: RelayId
    parties: Parties = ()
    networks: Annotated[tuple[NetworkId, ...], msgspec.Meta(max_length=50)] = ()
    urgency: Urgency = Urgency.ROUTINE
    succeeds: Predecessor | None = None

    def check(self, payload: Payload) -> None:
        """Cases name at least two parties, the author among them; networks stand in signed rosters instead."""
        check_distinct(self.parties, "parties")
        check_distinct(self.networks, "networks")
        if is_blank(self.subject):
            raise UnsoundDocument(message("a charter names its subject"))
        if self.succeeds is not None and self.succeeds.channel == payload.channel:
            raise UnsoundDocument(message("a channel cannot succeed itself"))
        if self.purpose.of_case:
            if len(self.parties) < 2 or payload.author not in self.parties:
                raise UnsoundDocument(message("a charter of a case names at least two parties, its author among them"))
            if self.networks:
                raise UnsoundDocument(message("a charter of a case names no network"))
        elif self.parties:
            raise UnsoundDocument(message("the members of a network's channel stand in its roster, not in a charter"))
        elif self.purpose is Purpose.NETWORK and len(self.networks) != 1:
            raise UnsoundDocument(message("a network's charter names that network"))
        elif self.purpose is Purpose.INTER_NETWORK and len(self.networks) < 2:
            raise UnsoundDocument(message("an inter-network charter names its networks"))
