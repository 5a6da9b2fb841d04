"""A relay that says it does not hold a document's files: they are uploaded again, and nothing is lost or doubled."""

from __future__ import annotations

import os

from rogatory.node.attachments.attaching import annexes_of
from rogatory.node.inbox.lookup import find_document
from rogatory.node.matters.commands import say
from rogatory.node.store import attachments
from rogatory.node.store.attachments import AttachmentRow, AttachmentState
from rogatory.node.store.documents import get_envelope
from rogatory.node.transaction import Tx
from rogatory.node.transfers import outcomes
from rogatory.protocol.documents import peek_document
from rogatory.protocol.frames.client import Append
from rogatory.protocol.frames.server import Code, Refused
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, texts, write
from tests.scenarios.simulated_relay import Line, Log, SimulatedRelay

KE, TZ = "ke.central", "tz.central"


class ForgetfulRelay(SimulatedRelay):
    """Misses the files of the next `forgets` entries that it would take."""

    forgets = 0

    def judge(self, line: Line, log: Log | None, frame: Append) -> Refused | None:
        """Refuse what an honest relay would take."""
        refusal = super().judge(line, log, frame)
        if refusal is None and ForgetfulRelay.forgets > 0:
            ForgetfulRelay.forgets -= 1
            return Refused(frame.ref, Code.MISSING_BLOB, "gone")
        return refusal


def staged(tx: Tx) -> str:
    """A file that was given to the node."""
    row = AttachmentRow(
        blob=os.urandom(32),
        relay=None,
        state=AttachmentState.STAGED,
        name="evidence.pdf",
        media_type="application/pdf",
        size=1000,
        sha256=os.urandom(32),
        key=os.urandom(32),
        header=os.urandom(24),
        hashes=os.urandom(32),
        entered_at=tx.now,
    )
    attachments.add(tx.connection, row)
    return row.blob.hex()


def uploaded(tx: Tx) -> int:
    """What waits for upload is at the relay now; how many there were."""
    rows = attachments.in_states(tx.connection, [AttachmentState.UPLOADING])
    for row in rows:
        outcomes.whole(tx, row)
    return len(rows)


def test_a_document_with_files_waits_for_them_again(world_of: WorldOf) -> None:
    ForgetfulRelay.forgets = 0
    world = world_of(KE, TZ, relay_type=ForgetfulRelay)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    matter = consult(world, KE, TZ)
    sent = ke.run(lambda tx: say(tx, matter, "with a file", subject="s", attachments=[staged(tx)]))
    write(ke, matter, "overtakes it")
    world.settle()
    assert texts(tz, matter) == ["first", "overtakes it"]
    ForgetfulRelay.forgets = 1
    assert ke.run(uploaded) == 1
    world.advance(3600)
    assert "with a file" not in texts(tz, matter)
    assert ke.run(uploaded) == 1
    world.advance(3600)
    assert texts(tz, matter) == ["first", "overtakes it", "with a file"]

    def files(tx: Tx) -> list[AttachmentState]:
        document = find_document(tx, sent.document)
        named = annexes_of(peek_document(get_envelope(tx.connection, document.row)).payload)
        rows = attachments.of_document(tx.connection, document.channel, document.id, document.author)
        assert [annex.sha256 for annex in named] == [row.sha256.hex() for row in rows]
        return [row.state for row in rows]

    assert ke.read(files) == [AttachmentState.SENT]
    assert tz.read(files)[0] in (AttachmentState.OFFERED, AttachmentState.WANTED)


def test_a_document_without_files_is_not_lost(world_of: WorldOf) -> None:
    ForgetfulRelay.forgets = 0
    world = world_of(KE, TZ, relay_type=ForgetfulRelay)
    matter = consult(world, KE, TZ)
    ForgetfulRelay.forgets = 2
    write(world.nodes[KE], matter, "plain")
    world.advance(3600)
    assert texts(world.nodes[TZ], matter) == ["first", "plain"]
