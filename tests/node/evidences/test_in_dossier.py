"""Evidences over a relay: what a dossier and a proof file show of them, and after a crash."""

from __future__ import annotations

from rogatory.keys.directory.chronicle import read_chronicle
from rogatory.keys.verification import Claim, Report, Verdict, verify_proof
from rogatory.node.evidences.stating import GATHER, Terms
from rogatory.node.inbox.queries import show_document
from rogatory.node.matters.commands import send_request
from rogatory.node.matters.opening import open_document
from rogatory.node.proofs.exporting import prove
from tests.node.channels.conftest import WorldOf, world_of
from tests.node.dossiers.taking import found, members_of, speak, take
from tests.node.harness import SimulatedNode
from tests.node.letters import BANK_RECORDS

__all__ = ["world_of"]

KE, TZ = "ke.central", "tz.central"


def current(node: SimulatedNode, document: str) -> dict[str, str]:
    view = node.read(lambda tx: show_document(tx, document))
    return {each.stage: each.finding for each in view.evidences}


def stated(report: Report) -> list[tuple[Verdict, str]]:
    each = [finding for document in report.documents for finding in document.findings]
    return [(finding.verdict, finding.text) for finding in each if finding.claim is Claim.EVIDENCE]


def test_absence_and_then_delivery_and_opening_are_told_and_proven(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    ke, tz = world.nodes.values()
    sent = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    world.settle()
    tz.disconnect("relay.one")
    talk = ke.run(lambda tx: send_request(tx, [TZ], BANK_RECORDS))
    world.settle()
    tz.connect("relay.one")
    world.settle()
    document = sent.document
    assert current(ke, document) == {"submission": "acceptance", "delivery": "delivery"}
    tz.run(lambda tx: open_document(tx, document, None))
    tz.crash()
    world.start(TZ)
    world.advance(GATHER + 1)
    assert current(ke, document)["retrieval"] == "retrieval"
    assert current(tz, document)["retrieval"] == "retrieval"
    world.advance(Terms().retrieval + 100)
    assert current(ke, talk.document)["retrieval"] == "non_retrieval"
    tz.run(lambda tx: open_document(tx, talk.document, None))
    world.advance(GATHER + 1)
    assert current(ke, talk.document)["retrieval"] == "retrieval"

    for node in (ke, tz):
        speak(node, talk.matter)
        data = take(node, talk.matter)
        report = found(data, world.simulator.root)
        assert report.verdict is Verdict.PROVEN, "\n".join(report.lines())
        said = stated(report)
        assert {verdict for verdict, _ in said} == {Verdict.PROVEN}
        assert any("tz.central signed: opened by an officer of tz.central on" in text for _, text in said)
        assert any("ke.central signed what was superseded later: not told until" in text for _, text in said)
        texts = [data.decode() for name, data in members_of(data).items() if " request " in name]
        assert "Evidence:    opened by an officer of tz.central on" in texts[0]
        assert "Superseded:  not told until" in texts[0]

    chronicle = read_chronicle(world.simulator.exported_history(), world.simulator.root)
    proof = ke.read(lambda tx: prove(tx, talk.document))
    report = verify_proof(proof, chronicle)
    assert report.verdict is Verdict.PROVEN, "\n".join(report.lines())
    assert [document.kind for document in report.documents] == ["request", "evidence", "evidence"]
    assert len(stated(report)) == 2
    at = proof.index(b"tz.central", len(proof) // 2)
    for place in range(at, at + 3):
        changed = proof[:place] + bytes([proof[place] ^ 1]) + proof[place + 1 :]
        assert verify_proof(changed, chronicle).verdict is not Verdict.PROVEN
