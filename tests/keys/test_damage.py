"""One byte changed anywhere in a file: it is refused in a sentence, or nothing that matters changed."""

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rogatory.keys.directory.chronicle import Chronicle, read_chronicle
from rogatory.keys.errors import DirectoryRefused, EnrolmentRefused, PublishError
from rogatory.keys.publishing import changes
from rogatory.keys.publishing.draft_file import decode_draft, encode_draft
from rogatory.keys.publishing.proposal import read_proposal
from rogatory.keys.publishing.review import review
from rogatory.keys.renewal import check_renewal
from rogatory.keys.verification import Report, Verdict, verify_proof
from rogatory.protocol.errors import MalformedError
from tests.keys.conversation import Conversation
from tests.keys.simulator import DirectorySimulator


class World:
    """A directory, a letter that was read, and a draft."""

    def __init__(self) -> None:
        self.simulator = DirectorySimulator(["ke.central", "tz.central"])
        conversation = Conversation(self.simulator)
        letter = conversation.write()
        conversation.acknowledge()
        conversation.confirm(letter)
        self.proof = conversation.proof()
        _, self.renewal = self.simulator.renewal("ke.central")
        self.history = self.simulator.exported_history()
        self.chronicle = read_chronicle(self.history, self.simulator.root)
        self.entry = self.simulator.directory().authority("ke.central")
        changes.strike_off(self.simulator.repository, "tz.central", self.simulator.now())
        self.draft = encode_draft(self.simulator.repository)


@cache
def world() -> World:
    return World()


def damaged(data: bytes, at: float, bit: int) -> bytes:
    position = int(at * len(data))
    return data[:position] + bytes([data[position] ^ (1 << bit)]) + data[position + 1 :]


places = st.floats(min_value=0, max_value=1, exclude_max=True)
bits = st.integers(min_value=0, max_value=7)
few = settings(max_examples=60, deadline=None)


def said(report: Report) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(one.digest, one.addressees, one.read_by) for one in report.documents]


@few
@given(places, bits)
def test_a_proof(at: float, bit: int) -> None:
    known: Chronicle = world().chronicle
    try:
        report = verify_proof(damaged(world().proof, at, bit), known)
    except MalformedError:
        return
    if report.verdict is Verdict.PROVEN:
        assert said(report) == said(verify_proof(world().proof, known))


@few
@given(places, bits)
def test_a_history(at: float, bit: int) -> None:
    try:
        known = read_chronicle(damaged(world().history, at, bit), world().simulator.root)
    except DirectoryRefused:
        return
    assert known.moments == world().chronicle.moments
    assert known.directory.authority_entries == world().chronicle.directory.authority_entries


@few
@given(places, bits)
def test_a_draft(at: float, bit: int) -> None:
    now = world().simulator.now().timestamp()
    try:
        repository = decode_draft(damaged(world().draft, at, bit), "stick.draft")
    except PublishError:
        return
    # Nobody has signed a draft yet: a change of it that can be read is shown.
    assert review(read_proposal(repository), now)


@few
@given(places, bits)
def test_a_renewal(at: float, bit: int) -> None:
    try:
        found = check_renewal(damaged(world().renewal, at, bit), world().entry, 2)
    except EnrolmentRefused:
        return
    assert found == check_renewal(world().renewal, world().entry, 2)


@pytest.mark.parametrize(
    "read",
    [
        lambda data: verify_proof(data, world().chronicle),
        lambda data: read_chronicle(data, world().simulator.root),
        lambda data: decode_draft(data, "x"),
        lambda data: check_renewal(data, world().entry, 2),
    ],
    ids=["proof", "history", "draft", "renewal"],
)
@few
@given(data=st.binary(max_size=300))
def test_any_bytes(read: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises((MalformedError, DirectoryRefused, PublishError, EnrolmentRefused)):
        read(data)
