"""What of a node's database goes into a backup: documents, matters, cursors, evidence; never what MLS keeps secret.

Every table and column is named here one way or the other, so that a new one is not forgotten (DESIGN section 4).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table
from sqlalchemy.types import TypeDecorator, TypeEngine

from rogatory.node.store.database import SUBJECTS
from rogatory.node.store.schema import metadata

SECRET: Final = frozenset({"group_epochs", "group_messages", "key_packages", "own_bodies"})
"""Group states and the private keys of key packages: an old one, brought back, would use keys twice. And commits and
rejoins of a state that a restored node no longer has."""

KEPT: Final = frozenset(
    {
        "absences",
        "acknowledgements",
        "alignments",
        "amendment_signatures",
        "amendments",
        "attachments",
        "carriers",
        "channels",
        "closings",
        "confirmations",
        "counters",
        "courses",
        "couriers",
        "deliveries",
        "document_attachments",
        "document_envelopes",
        "documents",
        "drafts",
        "due_dates",
        "entry_bodies",
        "events",
        "evidence_terms",
        "evidences",
        "excepted_entries",
        "first_acknowledgements",
        "headers",
        "keys_seen",
        "leavers",
        "losses",
        "matters",
        "members",
        "officers",
        "openings",
        "outbox",
        "outbox_envelopes",
        "own_entries",
        "parties",
        "properties",
        "read_up_to",
        "received_messages",
        "refreshes",
        "rejoins",
        "relations",
        "sent_again",
        "superseded_evidences",
        "timestamps",
        "wishes",
    }
)

LEFT_OUT: Final = {
    # Which key an entry used says nothing once the group is another: a restored node gets all its keys from new epochs.
    "own_entries": frozenset({"detail", "epoch", "leaf", "generation"}),
}
"""Columns of kept tables that stay behind; they become NULL."""


def kept_tables() -> list[Table]:
    """The tables of a backup, by name."""
    assert SUBJECTS, "the modules that declare tables are imported"
    return [table for name, table in sorted(metadata.tables.items()) if name in KEPT]


def kept_columns(table: Table) -> list[Column[object]]:
    """A kept table's columns that go into a backup."""
    left_out = LEFT_OUT.get(table.name, frozenset())
    return [column for column in table.columns if column.name not in left_out]


def stored_type(column: Column[object]) -> TypeEngine[object]:
    """The type of what the database holds: a backup takes it as it is, and does not read texts for people."""
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
