"""Many messages at once: drafted, signed outside the transaction, then entered all or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rogatory.node.errors import Conflict
from rogatory.node.inbox.writing import sign_draft
from rogatory.node.matters.commands import draft_message, open_consultation, send_messages
from rogatory.node.matters.queries import documents_in
from tests.node.harness import World

KE, TZ = "ke.central", "tz.central"
TEXTS = [f"number {number}" for number in range(5)]


def test_a_batch_arrives_in_its_order_or_not_at_all(tmp_path: Path) -> None:
    world = World(tmp_path, [KE, TZ])
    world.start(KE, TZ)
    world.settle()
    ke, tz = world.nodes[KE], world.nodes[TZ]
    matter = ke.run(lambda tx: open_consultation(tx, [TZ], "Vessel", "the first")).matter
    world.settle()
    drafts = ke.read(lambda tx: [draft_message(tx, matter, text) for text in TEXTS])
    signed = [sign_draft(draft, ke.core.identity.document_signer()) for draft in drafts]
    overtaken = [(document, ()) for document in [*signed[:-1], replace(signed[-1], key_set=2)]]
    with pytest.raises(Conflict, match="keys changed"):
        ke.run(lambda tx: send_messages(tx, overtaken))
    sent = ke.run(lambda tx: send_messages(tx, [(document, ()) for document in signed]))
    assert [each.document for each in sent] == [draft.id for draft in drafts]
    world.settle()
    for node in (ke, tz):
        found = node.read(lambda tx: [str(each.body.get("text")) for each in documents_in(tx, matter)])
        assert found[-len(TEXTS) :] == TEXTS
        assert len(found) == len(TEXTS) + 2  # the charter and the first
    world.close()
