"""Verifying in other threads changes nothing of what is read, nor of the order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import update

from rogatory.node.channels import reading
from rogatory.node.channels.ahead import SHARE, Looked, look_ahead
from rogatory.node.inbox.queries import events
from rogatory.node.matters import commands
from rogatory.node.matters.queries import documents_in
from rogatory.node.store import outbox
from rogatory.node.store.documents import envelopes
from tests.node.harness import SimulatedNode, World

KE, TZ = "ke.central", "tz.central"
COUNT = 20


def spoil(node: SimulatedNode, place: int) -> None:
    """Break the ML-DSA signature of the document that this node queued as the `place`th."""
    with node.database.begin() as connection:
        row = outbox.queued(connection, outbox.channels_with_queued(connection).pop(), COUNT)[place]
        assert row.envelope is not None
        at = row.envelope.rindex(b'"sig":"') + len(b'"sig":"')
        broken = row.envelope[:at] + (b"B" if row.envelope[at : at + 1] == b"A" else b"A") + row.envelope[at + 1 :]
        connection.execute(update(envelopes).where(envelopes.c.row == row.document).values(envelope=broken))


def received(
    folder: Path, helpers: ThreadPoolExecutor | None, spoilt: int | None = None
) -> tuple[list[str], list[str]]:
    """What a node that was away holds of a matter, and what its officer was told."""
    world = World(folder, [KE, TZ], helpers=helpers)
    ke, tz = world.start(KE), world.start(TZ)
    world.settle()
    sent = ke.run(lambda tx: commands.open_consultation(tx, [TZ], "Vessel", "the first"))
    world.settle()
    tz.disconnect("relay.one")
    ke.disconnect("relay.one")
    ke.run(lambda tx: [commands.say(tx, sent.matter, f"number {number}") for number in range(COUNT)])
    if spoilt is not None:
        spoil(ke, spoilt)
    world.start(KE)
    world.settle()
    world.start(TZ)
    world.settle()
    found = tz.read(lambda tx: [str(each.body.get("text")) for each in documents_in(tx, sent.matter)])
    told = tz.read(lambda tx: [each.summary for each in events(tx)])
    assert world.epochs(bytes.fromhex(sent.matter)) == 1
    world.close()
    return found, told


def test_a_backlog_is_read_alike_with_and_without_helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def counted(*arguments: object) -> dict[int, Looked]:
        found = look_ahead(*arguments)  # type: ignore[arg-type]
        looked.append(len(found))
        return found

    monkeypatch.setattr(reading, "look_ahead", counted)
    for name in ("alone", "beside"):
        (tmp_path / name).mkdir()
    alone = received(tmp_path / "alone", None)
    assert not looked
    with ThreadPoolExecutor(2) as helpers:
        assert received(tmp_path / "beside", helpers) == alone
    assert max(looked) == COUNT
    assert alone[0][-COUNT:] == [f"number {number}" for number in range(COUNT)]


def test_a_document_that_is_not_signed_falls_alone(tmp_path: Path) -> None:
    """Those that a helper was given with it are read."""
    for name in ("alone", "beside"):
        (tmp_path / name).mkdir()
    alone = received(tmp_path / "alone", None, SHARE + 1)
    with ThreadPoolExecutor(2) as helpers:
        assert received(tmp_path / "beside", helpers, SHARE + 1) == alone
    assert alone[0][1 - COUNT :] == [f"number {number}" for number in range(COUNT) if number != SHARE + 1]
    assert any("the ML-DSA-65 signature is not one of" in each for each in alone[1])
