"""What stores remember is what the database holds, also after a transaction was undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from rogatory.node.store import bodies, carriers, documents, matters, outbox, own_entries
from rogatory.node.store.carriers import CarrierRow
from rogatory.node.store.database import Database
from rogatory.node.store.documents import DocumentRow
from rogatory.node.store.errors import DamagedDatabase
from rogatory.node.store.outbox import OutboxState
from rogatory.node.store.own_entries import EntryKind, EntryState, OwnEntry

CHANNEL, HASH, KE = bytes(32), b"h" * 32, "ke.central"


class Undone(Exception):
    """Ends a transaction."""


def _undo_a_party(database: Database) -> None:
    with database.begin() as tx:
        matters.put_party(tx, CHANNEL, "tz.central", "consulted")
        assert matters.present_parties(tx, CHANNEL) == {"ke.central", "tz.central"}
        raise Undone


def test_what_was_undone_is_not_remembered(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.db", bytes(32))
    with database.begin() as tx:
        matters.put_party(tx, CHANNEL, "ke.central", "consulted")
        assert matters.present_parties(tx, CHANNEL) == {"ke.central"}
    with pytest.raises(Undone):
        _undo_a_party(database)
    with database.begin() as tx:
        assert matters.present_parties(tx, CHANNEL) == {"ke.central"}
    database.close()


def test_a_document_and_its_bytes_go_from_the_outbox_to_the_log(tmp_path: Path) -> None:
    """The same answers from what is remembered as from the file, opened again."""
    path = tmp_path / "node.db"
    for again in (False, True):
        database = Database(path, bytes(32))
        with database.begin() as tx:
            if not again:
                number = outbox.add(tx, CHANNEL, bytes(16), b"envelope", bytes(32), 1.0)
                outbox.sealed(tx, outbox.queued(tx, CHANNEL, 10))
                own_entries.add(tx, [OwnEntry(CHANNEL, HASH, EntryKind.MESSAGE, 1, b"body", outbox_number=number)])
            own = own_entries.find(tx, CHANNEL, HASH)
            assert own is not None
            assert own.body == b"body"
            assert own.state is EntryState.OUTGOING
            own.seq = 7  # a copy: nothing is changed before it is written back
            assert [each.seq for each in own_entries.outgoing(tx)] == [None]
            assert own.outbox_number is not None
            row = outbox.get(tx, own.outbox_number)
            assert (row.state, row.envelope, outbox.queued(tx, CHANNEL, 10)) == (OutboxState.SEALED, b"envelope", [])
            if again:
                own.state, own.body = EntryState.DONE, None
                own_entries.update(tx, own)
                outbox.mark_logged(tx, row.number, 7)
                found = own_entries.find(tx, CHANNEL, HASH)
                assert found is not None
                assert (found.seq, found.body) == (7, b"body")  # it stays, as what carried the document
                carriers.put_carrier(tx, CarrierRow(CHANNEL, 7, KE, bytes(16), bytes(32), b"body"), found.kept)
                carrier = carriers.carrier_of(tx, CHANNEL, KE, bytes(16))
                assert carrier is not None
                assert (carrier.seq, carrier.body) == (7, b"body")
                outbox.release(tx, CHANNEL, 7)
                assert outbox.get(tx, row.number).envelope is None
        database.close()


def test_bytes_that_never_came_into_the_log_go(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.db", bytes(32))
    with database.begin() as tx:
        own_entries.add(tx, [OwnEntry(CHANNEL, HASH, EntryKind.MESSAGE, 1, b"body")])
        own = own_entries.find(tx, CHANNEL, HASH)
        assert own is not None
        own.state, own.body = EntryState.ABANDONED, None
        own_entries.update(tx, own)
        found = own_entries.find(tx, CHANNEL, HASH)
        assert found is not None
        assert (found.body, found.kept) == (None, None)
        assert tx.scalar(select(func.count()).select_from(bodies.table)) == 0
    database.close()


def test_an_envelope_among_the_documents_is_not_kept_twice(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.db", bytes(32))
    row = DocumentRow(
        channel=CHANNEL,
        id=bytes(16),
        author=KE,
        kind="consultation",
        digest=bytes(32),
        title="title",
        written_at="2026-01-01T00:00:00Z",
        direction="sent",
        stage="queued",
    )
    with database.begin() as tx:
        kept = documents.put_document(tx, row, b"envelope")
        assert kept is not None
        number = outbox.add(tx, CHANNEL, bytes(16), b"envelope", bytes(32), 1.0, document=kept.row)
        assert [each.envelope for each in outbox.queued(tx, CHANNEL, 10)] == [b"envelope"]
        assert tx.scalar(text("SELECT count(*) FROM outbox_envelopes")) == 0
        outbox.mark_logged(tx, number, 3)
        assert [each.document for each in outbox.logged_from(tx, CHANNEL, 1)] == [kept.row]
        outbox.release(tx, CHANNEL, 3)
        assert outbox.logged_from(tx, CHANNEL, 1) == []
        assert documents.get_envelope(tx, kept.row) == b"envelope"
    database.close()


def test_a_failing_statement_tells_what_to_do(tmp_path: Path) -> None:
    database = Database(tmp_path / "node.db", bytes(32))
    entry = OwnEntry(CHANNEL, HASH, EntryKind.MESSAGE, 1, b"body", epoch=1, leaf=0, generation=0)
    with database.begin() as tx:
        own_entries.add(tx, [entry])
    again = OwnEntry(CHANNEL, b"i" * 32, EntryKind.MESSAGE, 1, b"other", epoch=1, leaf=0, generation=0)
    with pytest.raises(DamagedDatabase), database.begin() as tx:
        own_entries.add(tx, [again])  # RFC 9420 section 9.2: a key encrypts one message
    with database.begin() as tx:
        assert own_entries.among(tx, CHANNEL, [HASH, b"i" * 32]) == {HASH}
    database.close()
