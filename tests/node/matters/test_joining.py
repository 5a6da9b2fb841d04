"""Invitations to matters: what charter and amendments must warrant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.node.channels.hooks import Introduction, JoinInfo, JoinRefused, Kind
from rogatory.node.inbox.queries import show_document
from rogatory.node.matters.commands import add_party, agree, open_consultation
from rogatory.node.matters.queries import list_matters, show_matter
from rogatory.protocol.declaration import DirectoryPin
from tests.node.offices import Offices

KE, TZ, UG, RW = "ke.central", "tz.central", "ug.central", "rw.central"


@pytest.fixture
def info(offices: Offices) -> JoinInfo:
    """An invitation of Uganda to a matter that Kenya and Tanzania have, after both agreed to it."""
    sent = offices[KE].run(open_consultation, [TZ], "Vessel", "May we speak of it?")
    offices.settle()
    view = offices[KE].run(add_party, sent.matter, [UG], "it went on")
    offices.settle()
    offices[TZ].run(agree, sent.matter, view.digest)
    offices.settle()
    charter = offices[KE].run(show_matter, sent.matter).documents[0]
    channel = bytes.fromhex(sent.matter)
    return JoinInfo(
        kind=Kind.MATTER,
        relay="relay.one",
        network=None,
        charter_digest=bytes.fromhex(offices[KE].run(show_document, charter.id).digest),
        introduction=offices[KE].run(offices[KE].registry.introduction, channel),
        committer=KE,
        members=(KE, TZ, UG),
        pin=DirectoryPin(1),
        notices=(),
        rejoined=False,
    )


def refuse(offices: Offices, info: JoinInfo, explanation: str) -> None:
    rwanda = offices[RW]
    channel = next(iter(offices.members))
    with pytest.raises(JoinRefused, match=explanation):
        rwanda.run(rwanda.registry.joined, channel, info)
    assert rwanda.run(list_matters) == []
    assert rwanda.events() == []


def test_members_beyond_charter_and_amendments(offices: Offices, info: JoinInfo) -> None:
    refuse(offices, replace(info, members=(KE, RW, TZ, UG)), r"rw\.central")


def test_another_charter_than_the_groups(offices: Offices, info: JoinInfo) -> None:
    refuse(offices, replace(info, charter_digest=bytes(32)), "not the charter")


def test_no_charter(offices: Offices, info: JoinInfo) -> None:
    refuse(offices, replace(info, introduction=Introduction()), "without its charter")


def test_a_charter_whose_signature_does_not_verify(offices: Offices, info: JoinInfo) -> None:
    charter = info.introduction.charter
    assert charter is not None
    at = charter.index(b'"sig":"') + 20
    forged = charter[:at] + (b"A" if charter[at : at + 1] != b"A" else b"B") + charter[at + 1 :]
    refuse(offices, replace(info, introduction=replace(info.introduction, charter=forged)), "signature")


def test_an_amendment_that_a_party_did_not_sign(offices: Offices, info: JoinInfo) -> None:
    amendments = ((info.introduction.amendments[0][0],),)
    refuse(offices, replace(info, introduction=replace(info.introduction, amendments=amendments)), r"tz\.central")


def test_the_charter_of_another_matter(offices: Offices, info: JoinInfo) -> None:
    rwanda = offices[RW]
    with pytest.raises(JoinRefused, match="another matter"):
        rwanda.run(rwanda.registry.joined, bytes(32), info)
