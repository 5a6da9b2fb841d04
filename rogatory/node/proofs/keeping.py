"""What must be kept while a document passes, so that it can be proven to a stranger later."""

from __future__ import annotations

import msgspec

from rogatory.node.channels.hooks import Arrival
from rogatory.node.store.carriers import CarrierRow, carried_between, put_carrier
from rogatory.node.store.first_acknowledgements import last_first, put_first
from rogatory.node.transaction import Tx
from rogatory.protocol.acknowledgement import Acknowledgement


def keep_carrier(tx: Tx, channel: bytes, arrival: Arrival) -> None:
    """Keep the entry by which its signer sent the document: relays drop bodies after retention.

    What another member shares again proves nothing of when the signer sent it, and to whom.
    """
    if arrival.body and arrival.author == arrival.document.signer:
        row = CarrierRow(channel, arrival.seq, arrival.document.signer, arrival.message_id, arrival.salt, arrival.body)
        put_carrier(tx.connection, row, arrival.kept)


def keep_first(tx: Tx, acknowledgement: Acknowledgement) -> None:
    """Keep an acknowledgement that covers an entry which the kept ones of its member do not.

    A newer one that excepts the entry, of a member that lost its state, then takes nothing back.
    """
    channel, member, seq = acknowledgement.channel, acknowledgement.member, acknowledgement.seq
    entries = carried_between(tx.connection, channel, last_first(tx.connection, channel, member), seq)
    if any(acknowledgement.covers(entry) for entry in entries):
        put_first(tx.connection, channel, member, seq, msgspec.msgpack.encode(acknowledgement))
