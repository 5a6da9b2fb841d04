"""What all sessions of a relay share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rogatory.keys.identity import RelayKeys
from rogatory.relay.acknowledgements import AcknowledgementDesk
from rogatory.relay.blobs.objects import Objects
from rogatory.relay.blobs.tokens import Tokens
from rogatory.relay.config import RelayConfig
from rogatory.relay.hub import Hub
from rogatory.relay.limits import Allowances, Budget, Connections
from rogatory.relay.metrics import Metrics
from rogatory.relay.mirror import Mirror
from rogatory.relay.rejections import RejectionDesk
from rogatory.relay.store.interface import Store


@dataclass(frozen=True, slots=True)
class Services:
    """Made once, when the relay starts. `binding`: what a link's proofs are bound to (rogatory.keys.link)."""

    config: RelayConfig
    keys: RelayKeys
    binding: bytes
    store: Store
    mirror: Mirror
    metrics: Metrics
    hub: Hub
    desk: AcknowledgementDesk
    objects: Objects
    connections: Connections = field(init=False)
    allowances: Allowances = field(init=False)
    appending: Budget = field(init=False)
    tokens: Tokens = field(init=False)
    rejections: RejectionDesk = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "connections", Connections(self.config.limits, time.monotonic))
        object.__setattr__(self, "allowances", Allowances(self.config.quotas, time.monotonic))
        object.__setattr__(self, "appending", Budget(self.config.limits.appending_bytes))
        object.__setattr__(self, "tokens", Tokens(self.keys))
        object.__setattr__(self, "rejections", RejectionDesk(self.keys.relay, self.keys.receipt.sign))
