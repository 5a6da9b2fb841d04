"""What a dossier says, to people and to a stranger's check: also after keys changed hands."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from rogatory.keys.errors import RefusedFile
from rogatory.keys.fingerprint import root_fingerprint
from rogatory.keys.verification import Claim, Report, Verdict
from rogatory.node.errors import Conflict
from rogatory.node.matters.commands import add_party, agree, open_consultation
from rogatory.node.matters.queries import list_amendments, show_matter
from tests.node.channels.conftest import WorldOf, world_of
from tests.node.channels.looking import consult
from tests.node.dossiers.taking import found, members_of, request_with_steps, sealed_again, speak, take, trusted_of

__all__ = ["world_of"]

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def verdicts(report: Report, claim: Claim) -> list[Verdict]:
    every = [*report.findings, *(each for document in report.documents for each in document.findings)]
    return [each.verdict for each in every if each.claim is claim]


def test_both_sides_export_a_matter_that_is_proven_as_a_whole(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = request_with_steps(world)
    for node in world.nodes.values():
        speak(node, matter)
        data = take(node, matter)
        report = found(data, world.simulator.root)
        assert report.verdict is Verdict.PROVEN, "\n".join(report.lines())
        kinds = [document.kind for document in report.documents]
        assert kinds[:7] == ["charter", "request", "receipt", "reply", "reply", "reply", "consultation"]
        assert all(document.proven_at and document.read_by for document in report.documents[1:])
        said = "\n".join(report.lines())
        assert "it stands in the chain of steps; the request is then: in execution" in said
        assert "tz.central signed that it had read the log up to entry" in said
        assert f"the whole is signed by key set 1 of {node.authority}" in said


def test_people_read_it_with_its_use_limits_on_top(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = request_with_steps(world)
    members = members_of(take(world.nodes[TZ], matter))
    readable = {name: data.decode() for name, data in members.items() if name.endswith(".txt")}
    assert len(readable) == 10
    for name, content in readable.items():
        assert "HANDLING H1, H3 (set by ke.central)" in content
        assert "USE LIMITS (set by ke.central): Only for the case named." in content
        if name.startswith("documents/"):
            assert content.startswith("HANDLING")
    letter = next(content for name, content in readable.items() if " request " in name)
    assert "Joseph Mwakalinga Otieno" in letter
    assert "by a receipt of relay.one" in letter
    assert "the request is then: executed" in readable["chronology.txt"]
    assert root_fingerprint(world.simulator.root) in readable["README.txt"]
    assert take(world.nodes[TZ], matter)[:2000] == take(world.nodes[TZ], matter)[:2000]


def test_the_root_is_given_or_compared_or_nothing_is_proven(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    data = take(world.nodes[KE], consult(world, KE, TZ))
    alone = found(data)
    assert alone.verdict is Verdict.UNSURE
    assert verdicts(alone, Claim.ROOT) == [Verdict.UNSURE]
    fingerprint = root_fingerprint(world.simulator.root)
    assert found(data, fingerprint=fingerprint.replace(" ", "  ")).verdict is Verdict.PROVEN
    with pytest.raises(RefusedFile, match="is another"):
        found(data, fingerprint="1" + fingerprint[1:] if fingerprint[0] != "1" else "2" + fingerprint[1:])


def test_it_stays_proven_when_keys_were_renewed_or_an_authority_struck_off(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = request_with_steps(world)
    tz = world.nodes[TZ]
    trusted_of(tz)
    before = take(tz, matter)
    since = int(world.now) + 10
    world.simulator.renew_keys(KE)
    trusted_of(tz)
    world.simulator.rotate_trustees()
    world.simulator.mark_compromised(KE, [1], since)
    world.simulator.strike_off(KE, since)
    after = take(tz, matter)
    for data, history in ((before, world.simulator.exported_history()), (after, None)):
        report = found(data, world.simulator.root, history=history)
        assert report.verdict is Verdict.UNSURE  # of the charter and the acknowledgements nothing shows the time
        by_kenya = [each for each in report.documents[1:] if each.author == KE]
        assert {each.verdict for each in by_kenya} == {Verdict.PROVEN}, "\n".join(report.lines())
        for claim in (Claim.SIGNATURE, Claim.ENTRY, Claim.STEP):
            assert set(verdicts(report, claim)) == {Verdict.PROVEN}
        assert verdicts(report, Claim.EXPORT) == [Verdict.PROVEN]


def test_of_a_thief_of_the_exporters_keys_it_is_told(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    data = take(world.nodes[TZ], request_with_steps(world))
    world.simulator.renew_keys(TZ, endorsed_by="recovery key", compromised_since=int(world.now) + 10)
    report = found(data, world.simulator.root, history=world.simulator.exported_history())
    assert verdicts(report, Claim.EXPORT) == [Verdict.UNSURE]
    by_tanzania = [each for each in report.documents if each.author == TZ]
    assert {each.verdict for each in by_tanzania} == {Verdict.PROVEN}


def test_a_step_that_is_missing_is_told(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    matter = request_with_steps(world)
    ke = world.nodes[KE]
    steps = [each for each in ke.read(lambda tx: show_matter(tx, matter)).documents if each.kind == "reply"]
    with ke.database.begin() as connection:
        statement = text("DELETE FROM documents WHERE id = :id")
        connection.execute(statement, {"id": bytes.fromhex(steps[1].id)})
    data = take(ke, matter)
    report = found(data, world.simulator.root)
    assert report.verdict is Verdict.UNSURE
    told = [each for document in report.documents for each in document.findings if each.claim is Claim.STEP]
    assert [each.verdict for each in told].count(Verdict.UNSURE) == 1
    assert "the chain has a gap here" in "\n".join(report.lines())
    assert any("are not in the dossier" in note for note in report.notes)
    assert b"EFFECT NOT KNOWN" in members_of(data)["chronology.txt"]


def test_consents_and_those_who_came_later_have_their_dossier_too(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ)
    ke.run(lambda tx: add_party(tx, matter, [UG], "They know the bank."))
    world.settle()
    amendment = tz.read(lambda tx: list_amendments(tx, matter))[0].digest
    tz.run(lambda tx: agree(tx, matter, amendment))
    world.settle()
    for node in (ug, ke):
        speak(node, matter)
    report = found(take(ke, matter), world.simulator.root)
    assert report.verdict is Verdict.PROVEN, "\n".join(report.lines())
    assert "signed the same text as its consent" in "\n".join(report.lines())
    # Whoever came later acknowledges the log, and had no key for what stands before.
    assert [UG in document.read_by for document in report.documents] == [False, False, False, False, False, True]
    speak(ug, matter)
    late = found(take(ug, matter), world.simulator.root)
    assert Verdict.FALSE not in {each.verdict for each in late.documents}, "\n".join(late.lines())
    assert late.documents[-1].verdict is Verdict.PROVEN


def test_what_stands_in_no_log_is_no_dossier(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    ke = world.nodes[KE]
    ke.disconnect("relay.one")
    matter = ke.run(lambda tx: open_consultation(tx, [TZ], "Vessel", "first")).matter
    with pytest.raises(Conflict, match="nothing of this matter"):
        take(ke, matter)


def test_many_documents_stand_in_several_proofs_of_one_log(world_of: WorldOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rogatory.node.dossiers.collecting.MOST_IN_PROOF", 2)
    world = world_of(KE, TZ)
    members = members_of(data := take(world.nodes[TZ], request_with_steps(world)))
    assert sum(name.startswith("machine/proofs/") for name in members) == 4
    assert found(data, world.simulator.root).verdict is Verdict.PROVEN


def test_an_exporter_who_lies_is_found_out(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    members = members_of(take(world.nodes[TZ], request_with_steps(world)))
    signer = world.simulator.identity(TZ).document_signer()
    assert found(sealed_again(members, signer), world.simulator.root).verdict is Verdict.PROVEN
    for name in [name for name in members if name.endswith(".txt")]:
        altered = {**members, name: members[name] + b"Also: the suspect confessed.\n"}
        report = found(sealed_again(altered, signer), world.simulator.root)
        assert report.verdict is Verdict.FALSE
        assert verdicts(report, Claim.TEXT) == [Verdict.FALSE]
    stolen = sealed_again(members, world.simulator.stranger(TZ).document_signer())
    assert verdicts(found(stolen, world.simulator.root), Claim.EXPORT) == [Verdict.FALSE]
