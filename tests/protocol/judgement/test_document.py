"""Which document may stand where, and by whom: each rule by a violation."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import (
    KINDS,
    Body,
    Document,
    Purpose,
    open_document,
    sign_document,
)
from rogatory.protocol.judgement import (
    ChannelPolicy,
    MatterPolicy,
    VoidCode,
    VoidDocument,
    judge_amendment,
    judge_charter,
    judge_document,
)
from tests.protocol.examples import BODIES, KENYA, keys_of, payload
from tests.protocol.judgement.facts import KE, MATTER, NETWORK, NG, PIN, ROSTER, TZ, UG, Waits


def void(kind: str, author: str, policy: ChannelPolicy, code: VoidCode, pin: DirectoryPin = PIN) -> None:
    with pytest.raises(VoidDocument) as caught:
        judge_document(kind, author, policy, pin)
    assert caught.value.code is code


def document(body: Body) -> Document:
    return open_document(sign_document(payload(body), KENYA), keys_of)


def test_every_kind_has_its_place() -> None:
    """In the matter, in the network by a coordinator, or in neither: nothing new slips in unjudged."""

    def places(kind: str) -> str:
        found = ""
        for name, policy in (("founding", MatterPolicy()), ("matter", MATTER), ("network", NETWORK)):
            try:
                judge_document(kind, KE, policy, PIN)
                found += f"{name} "
            except VoidDocument:
                continue
        return found.strip()

    assert {kind: places(kind) for kind in KINDS} == {
        "charter": "founding network",
        "amendment": "matter",
        "request": "matter",
        "reply": "matter",
        "consultation": "matter network",
        "announcement": "network",
        "receipt": "matter network",
        "objection": "matter",
        "evidence": "matter",
        "reminder": "matter",
        "leave": "founding matter network",
        "closing": "matter",
        "rejoin": "founding matter network",
    }


@pytest.mark.parametrize("kind", ["request", "reply", "objection", "reminder"])
def test_networks_carry_no_case_data(kind: str) -> None:
    void(kind, KE, NETWORK, VoidCode.CASE_DATA_IN_NETWORK)


def test_amendments_are_not_for_networks() -> None:
    void("amendment", KE, NETWORK, VoidCode.WRONG_CHANNEL)


def test_announcements_are_for_networks() -> None:
    void("announcement", KE, MATTER, VoidCode.WRONG_CHANNEL)


def test_the_roster_says_who_announces() -> None:
    void("announcement", TZ, NETWORK, VoidCode.MAY_NOT_ANNOUNCE)
    everyone = replace(NETWORK, roster=lambda version: replace(ROSTER, announcers="members"))
    judge_document("announcement", TZ, everyone, PIN)
    void("announcement", NG, everyone, VoidCode.OBSERVER_WRITES)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"leave", "rejoin", "request", "reply", "objection", "reminder"}))
def test_observers_read_only(kind: str) -> None:
    void(kind, NG, NETWORK, VoidCode.OBSERVER_WRITES)


@pytest.mark.parametrize("kind", ["leave", "rejoin"])
def test_observers_may_leave_and_come_back(kind: str) -> None:
    judge_document(kind, NG, NETWORK, PIN)


def test_only_coordinators_charter_a_network() -> None:
    void("charter", TZ, NETWORK, VoidCode.NOT_COORDINATOR)


def test_a_stranger_to_the_matter_writes_nothing() -> None:
    void("consultation", UG, MATTER, VoidCode.NOT_A_PARTY)


def test_the_charter_comes_first_and_once() -> None:
    void("request", KE, MatterPolicy(), VoidCode.NOT_CHARTERED)
    void("charter", KE, MATTER, VoidCode.CHARTERED_ALREADY)


def test_who_founded_the_matter_closes_it_and_nobody_else() -> None:
    judge_document("closing", KE, MATTER, PIN)
    void("closing", TZ, MATTER, VoidCode.NOT_FOUNDER)
    void("closing", KE, NETWORK, VoidCode.WRONG_CHANNEL)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"charter", "announcement"}))
def test_after_the_closing_everything_is_void_but_what_its_founder_shares_again(kind: str) -> None:
    closed = replace(MATTER, closed_at=9)
    for author in (KE, TZ):
        void(kind, author, closed, VoidCode.CLOSED)
    judge_document(kind, KE, closed, PIN, shared=True)
    with pytest.raises(VoidDocument, match="entry 9"):
        judge_document(kind, TZ, closed, PIN, shared=True)


def test_a_message_uses_no_older_directory_than_the_commit_before_it() -> None:
    void("consultation", KE, MATTER, VoidCode.PIN_DECREASED, DirectoryPin(6, 3))
    void("consultation", KE, NETWORK, VoidCode.PIN_DECREASED, DirectoryPin(7, 2))


def test_a_roster_that_is_not_known_yet_lets_the_caller_wait() -> None:
    with pytest.raises(Waits):
        judge_document("announcement", KE, NETWORK, DirectoryPin(7, 10))


class TestCharter:
    charter = document(BODIES["charter"])

    def test_it_founds_the_policy(self) -> None:
        policy = judge_charter(self.charter, digest=self.charter.digest, members=[KE, TZ])
        assert policy.parties == {KE, TZ}
        assert policy.charter == self.charter.digest
        assert policy.founder == KE

    @pytest.mark.parametrize(
        "body",
        [
            BODIES["charter"],
            BODIES["consultation"],
        ],
    )
    def test_it_is_the_one_that_the_group_was_made_for(self, body: Body) -> None:
        with pytest.raises(VoidDocument) as caught:
            judge_charter(document(body), digest=b"another digest")
        assert caught.value.code is VoidCode.WRONG_CHARTER

    def test_a_networks_charter_founds_no_matter(self) -> None:
        network = msgspec.structs.replace(BODIES["charter"], purpose=Purpose.NETWORK, parties=(), networks=("gljcn",))
        charter = document(network)
        with pytest.raises(VoidDocument) as caught:
            judge_charter(charter, digest=charter.digest)
        assert caught.value.code is VoidCode.WRONG_CHARTER

    def test_nobody_else_is_in_the_tree(self) -> None:
        with pytest.raises(VoidDocument) as caught:
            judge_charter(self.charter, digest=self.charter.digest, members=[KE, TZ, UG])
        assert caught.value.code is VoidCode.NOT_A_PARTY


class TestAmendment:
    policy = judge_charter(TestCharter.charter, digest=TestCharter.charter.digest)
    amendment = document(msgspec.structs.replace(BODIES["amendment"], charter=TestCharter.charter.digest.hex()))

    def test_it_enters_the_policy(self) -> None:
        amended = judge_amendment(self.amendment, self.policy)
        assert amended.amendments == {self.amendment.digest: {UG}}
        assert amended.last_amendment == self.amendment.digest

    def test_it_amends_this_charter(self) -> None:
        with pytest.raises(VoidDocument) as caught:
            judge_amendment(document(BODIES["amendment"]), self.policy)
        assert caught.value.code is VoidCode.WRONG_AMENDMENT
        with pytest.raises(VoidDocument):
            judge_amendment(self.amendment, MatterPolicy())
        with pytest.raises(VoidDocument):
            judge_amendment(TestCharter.charter, self.policy)

    def test_it_follows_the_last_one(self) -> None:
        amended = judge_amendment(self.amendment, self.policy)
        with pytest.raises(VoidDocument, match="anew"):
            judge_amendment(self.amendment, amended)
        second = document(
            msgspec.structs.replace(
                self.amendment.payload.body, previous=self.amendment.digest.hex(), adds=("rw.central",)
            )
        )
        with pytest.raises(VoidDocument):
            judge_amendment(second, self.policy)
        assert set(judge_amendment(second, amended).amendments) == {self.amendment.digest, second.digest}
