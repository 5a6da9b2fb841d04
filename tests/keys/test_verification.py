"""What a stranger learns from a proof file and the directory's history, whatever became of the keys since."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from rogatory.keys.directory.chronicle import read_chronicle
from rogatory.keys.verification import Claim, Report, Verdict, verify_envelope, verify_proof
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.header import ChainBroken
from rogatory.protocol.proof import Proof, ProofBroken, build_proof, decode_proof
from tests.keys.conversation import Conversation
from tests.keys.simulator import DirectorySimulator

KE, TZ = "ke.central", "tz.central"


@pytest.fixture
def simulator() -> DirectorySimulator:
    """A directory that was founded 100 days ago, when the letters of these tests are written."""
    return DirectorySimulator([KE, TZ, "ug.central"], ["relay.one", "relay.two"], shift=timedelta(days=-100))


@pytest.fixture
def conversation(simulator: DirectorySimulator) -> Conversation:
    return Conversation(simulator)


def later(simulator: DirectorySimulator, days: float) -> None:
    simulator.shift += timedelta(days=days)


def verified(simulator: DirectorySimulator, proof: bytes) -> Report:
    simulator.renew()
    return verify_proof(proof, read_chronicle(simulator.exported_history(), simulator.root))


def findings(report: Report, claim: Claim, document: int = 0) -> list[tuple[Verdict, str]]:
    return [(one.verdict, one.text) for one in report.documents[document].findings if one.claim is claim]


# Who said what to whom, when


def test_a_letter_that_was_receipted_and_read(simulator: DirectorySimulator, conversation: Conversation) -> None:
    written = simulator.now()
    conversation.write()
    conversation.acknowledge()
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.PROVEN
    (document,) = report.documents
    assert (document.author, document.addressees, document.kind) == (KE, (TZ,), "consultation")
    assert document.read_by == (TZ,)
    assert document.proven_at == pytest.approx(written.timestamp(), abs=5)
    said = "\n".join(report.lines())
    assert "ke.central (Central Authority ke.central, KE) to tz.central: a document of kind consultation" in said
    assert "relay.one receipted entry 1" in said
    assert "tz.central signed that it had read the log up to entry 1 and opened this document" in said


def test_a_later_receipt_covers_what_came_before(simulator: DirectorySimulator, conversation: Conversation) -> None:
    """A recipient has receipts of its own entries only."""
    conversation.write(receipted=False)
    later(simulator, 1)
    conversation.write(TZ, (KE,))
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.PROVEN
    assert report.documents[0].proven_at == report.documents[1].proven_at


def test_what_a_member_could_not_open_it_has_not_read(
    simulator: DirectorySimulator, conversation: Conversation
) -> None:
    conversation.write()
    conversation.acknowledge(excepted=[1])
    report = verified(simulator, conversation.proof())
    assert report.documents[0].read_by == ()
    assert "could NOT open" in findings(report, Claim.READING)[0][1]


def test_a_signed_receipt_in_the_same_log(simulator: DirectorySimulator, conversation: Conversation) -> None:
    letter = conversation.write()
    conversation.confirm(letter)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.PROVEN
    assert findings(report, Claim.READING) == [
        (
            Verdict.PROVEN,
            "tz.central signed a receipt for it (entry 2): received as 'TZ/2026/4' on 2026-09-22T08:00:00Z",
        )
    ]


def test_without_a_receipt_no_time_is_proven(simulator: DirectorySimulator, conversation: Conversation) -> None:
    letter = conversation.write(receipted=False)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.UNSURE
    assert [verdict for verdict, _ in findings(report, Claim.SIGNATURE)] == [Verdict.PROVEN]
    assert [verdict for verdict, _ in findings(report, Claim.KEY)] == [Verdict.PROVEN]
    assert [verdict for verdict, _ in findings(report, Claim.TIME)] == [Verdict.UNSURE]
    alone = verify_envelope(letter.envelope, read_chronicle(simulator.exported_history(), simulator.root))
    assert alone.verdict is Verdict.UNSURE


# What became of the keys since


def test_the_signers_keys_were_renewed_since(simulator: DirectorySimulator, conversation: Conversation) -> None:
    conversation.write()
    later(simulator, 30)
    simulator.renew_keys(KE)
    later(simulator, 30)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.PROVEN
    assert "was in force (until 20" in findings(report, Claim.KEY)[0][1]


def test_renewed_keys_and_no_receipt(simulator: DirectorySimulator, conversation: Conversation) -> None:
    conversation.write(receipted=False)
    simulator.renew_keys(KE)
    report = verified(simulator, conversation.proof())
    assert findings(report, Claim.KEY)[0][0] is Verdict.UNSURE
    assert "no longer in force" in findings(report, Claim.KEY)[0][1]


def test_old_keys_used_long_after_they_ended(simulator: DirectorySimulator, conversation: Conversation) -> None:
    """An old pin does not help whoever found an old disk: the receipt is too late."""
    pin = simulator.directory().targets_version
    simulator.renew_keys(KE)
    later(simulator, 30)
    conversation.write(key_set=1, pin=pin)
    report = verified(simulator, conversation.proof())
    assert findings(report, Claim.KEY)[0][0] is Verdict.UNSURE
    assert "had ended on" in findings(report, Claim.KEY)[0][1]


def test_old_keys_within_the_time_that_a_node_may_not_have_heard(
    simulator: DirectorySimulator, conversation: Conversation
) -> None:
    pin = simulator.directory().targets_version
    simulator.renew_keys(KE)
    later(simulator, 3)
    conversation.write(key_set=1, pin=pin)
    assert verified(simulator, conversation.proof()).verdict is Verdict.PROVEN


def test_signed_before_the_switch_and_sent_after_it(simulator: DirectorySimulator, conversation: Conversation) -> None:
    """An officer signs, the keys change, the entry is sealed under the new directory: soon enough it stays proven."""
    simulator.renew_keys(KE)
    later(simulator, 2)
    conversation.write(key_set=1)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.PROVEN
    assert "made after that, within the 7 days for what was signed before" in findings(report, Claim.KEY)[0][1]


def test_signed_before_the_switch_and_sent_long_after_it(
    simulator: DirectorySimulator, conversation: Conversation
) -> None:
    """Nobody can tell it from what a finder of the old keys would send: that is said, and contradicts nothing."""
    simulator.renew_keys(KE)
    later(simulator, 8)
    conversation.write(key_set=1)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.UNSURE
    said = findings(report, Claim.KEY)[0][1]
    assert "more than the 7 days" in said
    assert "it may have been signed before and sent late" in said


def test_keys_that_began_after_the_directory_that_the_entry_names(
    simulator: DirectorySimulator, conversation: Conversation
) -> None:
    """Whoever signs with new keys holds the directory that they stand in."""
    pin = simulator.directory().targets_version
    simulator.renew_keys(KE)
    conversation.write(key_set=2, pin=pin)
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.FALSE
    assert "begins with directory version 2, and the entry names 1" in findings(report, Claim.KEY)[0][1]


@pytest.mark.parametrize(("days", "verdict"), [(-1, Verdict.PROVEN), (3, Verdict.UNSURE)])
def test_a_compromised_set_that_was_replaced_is_judged_by_the_compromise(
    simulator: DirectorySimulator, conversation: Conversation, days: float, verdict: Verdict
) -> None:
    """What old keys signed within `max_stale` of the switch is good only if they were nobody else's then."""
    compromised = simulator.now() + timedelta(days=10)
    later(simulator, 10)
    simulator.renew_keys(KE, endorsed_by="recovery key", compromised_since=int(compromised.timestamp()))
    conversation.write(key_set=1, receipted_at=compromised + timedelta(days=days))
    later(simulator, 10)
    report = verified(simulator, conversation.proof())
    assert report.verdict is verdict
    assert "is compromised since" in findings(report, Claim.KEY)[0][1]


@pytest.mark.parametrize(("days", "verdict"), [(2, Verdict.PROVEN), (30, Verdict.UNSURE)])
def test_an_acknowledgement_by_keys_that_ended(
    simulator: DirectorySimulator, conversation: Conversation, days: float, verdict: Verdict
) -> None:
    """It is younger than what it covers: much later than the end of its keys it may be another's."""
    simulator.renew_keys(TZ)
    later(simulator, days)
    conversation.write()
    conversation.acknowledge(key_set=1)
    report = verified(simulator, conversation.proof())
    assert findings(report, Claim.READING)[0][0] is verdict
    assert ("had ended on" in findings(report, Claim.READING)[0][1]) == (verdict is Verdict.UNSURE)


@pytest.mark.parametrize(("receipted", "verdict"), [(-1, Verdict.PROVEN), (1, Verdict.UNSURE), (None, Verdict.UNSURE)])
def test_a_compromise_parts_what_was_receipted_before_from_what_was_not(
    simulator: DirectorySimulator, conversation: Conversation, receipted: int | None, verdict: Verdict
) -> None:
    compromised = simulator.now() + timedelta(days=10)
    if receipted is None:
        conversation.write(receipted=False)
    else:
        conversation.write(receipted_at=compromised + timedelta(days=receipted))
    conversation.acknowledge()
    later(simulator, 12)
    simulator.strike_off(KE, compromised_since=int(compromised.timestamp()))
    later(simulator, 30)
    report = verified(simulator, conversation.proof())
    assert report.verdict is verdict
    key = findings(report, Claim.KEY)[0][1]
    assert "is compromised since" in key
    assert ("it may be another's" in key) == (verdict is Verdict.UNSURE)


def test_a_compromise_of_the_reader_makes_its_acknowledgement_unsure(
    simulator: DirectorySimulator, conversation: Conversation
) -> None:
    conversation.write()
    conversation.acknowledge()
    later(simulator, 5)
    simulator.strike_off(TZ, compromised_since=int(simulator.now().timestamp()))
    report = verified(simulator, conversation.proof())
    assert findings(report, Claim.KEY)[0][0] is Verdict.PROVEN
    assert findings(report, Claim.READING)[0][0] is Verdict.UNSURE


def test_the_relay_has_other_keys_since(simulator: DirectorySimulator, conversation: Conversation) -> None:
    conversation.write()
    proof = conversation.proof()
    later(simulator, 30)
    simulator.replace_relay_keys("relay.one")
    assert verified(simulator, proof).verdict is Verdict.PROVEN
    later(simulator, 30)
    old = Conversation(simulator)
    old.write(receipted=False)
    old.receipts = [conversation_receipt(simulator, old)]
    report = verified(simulator, old.proof())
    assert report.verdict is Verdict.UNSURE
    assert "the receipt key of relay.one had ended on" in report.findings[0].text


def conversation_receipt(simulator: DirectorySimulator, conversation: Conversation) -> Any:
    """A receipt signed now with the relay's first keys."""
    present = simulator.relay_keys("relay.one")
    simulator._relay_keys["relay.one"] = simulator.former_relay_keys["relay.one"][0]
    conversation.receipt()
    simulator._relay_keys["relay.one"] = present
    return conversation.receipts.pop()


def test_a_history_that_is_too_short(simulator: DirectorySimulator, conversation: Conversation) -> None:
    early = simulator.exported_history()
    simulator.add_authority("rw.central")
    conversation.write()
    report = verify_proof(conversation.proof(), read_chronicle(early, simulator.root))
    assert report.verdict is Verdict.UNSURE
    assert "get a newer history" in findings(report, Claim.KEY)[0][1]


# Files that lie


def altered(proof: bytes, **changes: Any) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(decode_proof(proof), **changes))


def first_document(proof: Proof, **changes: Any) -> list[Any]:
    return [msgspec.structs.replace(proof.documents[0], **changes), *proof.documents[1:]]


Lie = Callable[[Proof, Proof], dict[str, Any]]
LIES: dict[str, tuple[Lie, Verdict, str]] = {
    "another letter in the same entry": (
        lambda proof, other: {"documents": first_document(proof, envelope=other.documents[0].envelope)},
        Verdict.FALSE,
        "commits to another document",
    ),
    "another salt": (
        lambda proof, _: {"documents": first_document(proof, salt=b"x" * 32)},
        Verdict.FALSE,
        "commits to another document",
    ),
    "another body": (
        lambda proof, other: {"documents": first_document(proof, body=other.documents[0].body)},
        Verdict.FALSE,
        "the body in the file is not that of entry 1",
    ),
    "another place": (
        lambda proof, _: {"documents": first_document(proof, seq=2)},
        Verdict.FALSE,
        "the body in the file is not that of entry 2",
    ),
    "a place outside": (
        lambda proof, _: {"documents": first_document(proof, seq=9)},
        Verdict.FALSE,
        "entry 9 lies outside",
    ),
    "another author in the log": (
        lambda proof, _: {"lines": [msgspec.structs.replace(proof.lines[0], author=TZ), proof.lines[1]]},
        Verdict.FALSE,
        "is by another than the document's signer",
    ),
    "another past": (lambda proof, _: {"previous": bytes(32)}, Verdict.FALSE, "about another log"),
    "another channel": (lambda proof, _: {"channel": b"x" * 32}, Verdict.FALSE, "another channel"),
    "a receipt of another log": (
        lambda proof, other: {"receipts": other.receipts},
        Verdict.FALSE,
        "another log",
    ),
    "an earlier time in the receipt": (
        lambda proof, _: {"receipts": [msgspec.structs.replace(proof.receipts[0], time=1_600_000_000_000)]},
        Verdict.FALSE,
        "signed by none of the relay's receipt keys",
    ),
    "another relay's name": (
        lambda proof, _: {"receipts": [msgspec.structs.replace(proof.receipts[0], relay="relay.two")]},
        Verdict.FALSE,
        "signed by none of the relay's receipt keys",
    ),
    "an unknown relay": (
        lambda proof, _: {"receipts": [msgspec.structs.replace(proof.receipts[0], relay="relay.three")]},
        Verdict.FALSE,
        "has no relay relay.three",
    ),
    "an acknowledgement in another's name": (
        lambda proof, _: {
            "acknowledgements": [msgspec.structs.replace(proof.acknowledgements[0], member="ug.central")]
        },
        Verdict.FALSE,
        "not signed by key set 1 of ug.central",
    ),
    "an acknowledgement that excepts nothing": (
        lambda proof, _: {"acknowledgements": [msgspec.structs.replace(proof.acknowledgements[0], excepted=[])]},
        Verdict.FALSE,
        "not signed by key set 1 of tz.central",
    ),
    "an acknowledgement of a key set that never was": (
        lambda proof, _: {"acknowledgements": [msgspec.structs.replace(proof.acknowledgements[0], key_set=7)]},
        Verdict.FALSE,
        "has no key set 7",
    ),
}


@pytest.mark.parametrize("name", LIES)
def test_lies(simulator: DirectorySimulator, name: str) -> None:
    conversation, other = Conversation(simulator), Conversation(simulator)
    conversation.write()
    conversation.append(TZ, b"a commit")
    conversation.acknowledge(excepted=[2])
    other.write(to=["ug.central"])
    other.append(TZ, b"another commit")
    proof = conversation.proof()
    assert verified(simulator, proof).verdict is Verdict.PROVEN
    change, verdict, said = LIES[name]
    report = verified(simulator, altered(proof, **change(decode_proof(proof), decode_proof(other.proof()))))
    assert report.verdict is verdict
    assert said in "\n".join(report.lines())


def test_a_forged_signature(simulator: DirectorySimulator, conversation: Conversation) -> None:
    stranger = simulator.stranger(KE)
    simulator._identities[KE].append(stranger)
    conversation.write()
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.FALSE
    assert "is not one of ke.central, key set 1" in findings(report, Claim.SIGNATURE)[0][1]


def test_a_relay_that_is_not_the_networks_home(simulator: DirectorySimulator) -> None:
    channel = simulator.add_network("gljcn", members=[KE, TZ], coordinators=[KE], relay="relay.one")
    conversation = Conversation(simulator, "relay.two", channel)
    conversation.write()
    report = verified(simulator, conversation.proof())
    assert report.verdict is Verdict.FALSE
    assert "the home of this network's log is relay.one" in report.findings[0].text


def test_what_does_not_fit_together_is_not_exported(simulator: DirectorySimulator, conversation: Conversation) -> None:
    conversation.write()
    conversation.write(TZ, (KE,))
    conversation.acknowledge()
    everything = conversation.headers, conversation.documents, conversation.receipts, conversation.acknowledgements
    headers, documents, receipts, acknowledgements = everything
    with pytest.raises(ProofBroken, match="needs the headers"):
        build_proof([], documents, receipts, acknowledgements)
    with pytest.raises(ProofBroken, match="whose header is not in it"):
        build_proof(headers[:1], documents[:1], receipts, [])
    with pytest.raises(ProofBroken, match="lies outside"):
        build_proof(headers[:1], documents, [], [])
    with pytest.raises(ChainBroken):
        build_proof([headers[0], headers[0]], documents[:1], receipts[:1], [])
    build_proof(headers[1:], documents[1:], receipts[1:], acknowledgements)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_file_cut_short(conversation: Conversation, cut: int) -> None:
    conversation.write()
    with pytest.raises(MalformedError):
        decode_proof(conversation.proof()[:cut])


def test_times_of_the_chronicle(simulator: DirectorySimulator) -> None:
    founded = simulator.now()
    later(simulator, 20)
    simulator.renew_keys(KE)
    renewed = simulator.now()
    later(simulator, 20)
    simulator.rotate_trustees()
    simulator.replace_publisher()
    simulator.strike_off(TZ)
    struck_off = simulator.now()
    simulator.renew()
    chronicle = read_chronicle(simulator.exported_history(), simulator.root)

    def days(found: int | None, expected: datetime) -> None:
        assert found == pytest.approx(expected.timestamp(), abs=60)

    days(chronicle.published(1), founded)
    days(chronicle.published(2), renewed)
    days(chronicle.published(chronicle.directory.targets_version), struck_off)
    days(chronicle.until, struck_off)
