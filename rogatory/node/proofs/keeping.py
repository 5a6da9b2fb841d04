"""What must be kept while a document passes, so that it can be proven to a stranger later."""

from __future__ import annotations

from rogatory.node.channels.hooks import Arrival
from rogatory.node.store.carriers import CarrierRow, put_carrier
from rogatory.node.transaction import Tx


def keep_carrier(tx: Tx, channel: bytes, arrival: Arrival) -> None:
    """Keep the entry by which its signer sent the document: relays drop bodies after retention.

    What another member shares again proves nothing of when the signer sent it, and to whom.
    """
    if arrival.body and arrival.author == arrival.document.signer:
        row = CarrierRow(channel, arrival.seq, arrival.document.signer, arrival.message_id, arrival.salt, arrival.body)
        put_carrier(tx.connection, row)
