"""Networks: channels in line with rosters, announcements, observers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.node.channels.hooks import Introduction, JoinInfo, JoinRefused, Kind
from rogatory.node.errors import Conflict, NotAllowed, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import sign
from rogatory.node.networks.alignment import TURN
from rogatory.node.networks.commands import announce
from rogatory.node.networks.queries import feed, list_networks, show_network
from rogatory.node.store import channels
from rogatory.protocol.declaration import DirectoryPin
from rogatory.protocol.documents import Announcement, Body, Consultation, DocumentRef, Outcome, Reply, Wording
from tests.keys.simulator import DirectorySimulator
from tests.node.offices import Offices

KE, TZ, UG, ECOWAS = "ke.central", "tz.central", "ug.central", "xe.court"


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Offices]:
    simulator = DirectorySimulator([KE, TZ, UG, ECOWAS])
    simulator.add_network("gljcn", [TZ, UG], [KE, TZ], [ECOWAS])
    opened = Offices(tmp_path, simulator, KE, TZ, UG, ECOWAS)
    yield opened
    opened.close()


def channel_of(offices: Offices) -> bytes:
    return offices.directory.roster("gljcn").channel_id


def look(offices: Offices, authority: str = KE) -> None:
    """A transaction of this office: what is due is done."""
    offices[authority].run(list_networks)
    offices.settle()


def put(offices: Offices, author: str, body: Body, addressees: tuple[str, ...] = ()) -> str:
    """Into the log past the author's own node, as a peer's faulty software would."""
    document = offices[author].run(lambda tx: sign(tx, channel_of(offices), body, addressees=addressees))
    offices.deliver(channel_of(offices), author, document.envelope)
    return document.payload.id


def announcement(network: str = "gljcn") -> Announcement:
    return Announcement(network=network, wordings=(Wording(language="en", title="Plenary", text="In May."),))


def test_the_first_coordinator_founds_the_channel_at_once(offices: Offices) -> None:
    for authority in (UG, ECOWAS, TZ):
        look(offices, authority)
    assert offices.members == {}
    look(offices, KE)
    assert sorted(offices.members[channel_of(offices)]) == [KE, TZ, UG, ECOWAS]
    for authority in (KE, TZ, UG, ECOWAS):
        assert offices[authority].run(list_networks)[0].joined
        assert offices[authority].events(EventKind.JOINED)
    assert [line.role for line in offices[ECOWAS].run(list_networks)] == ["observer"]


def test_the_next_coordinator_founds_it_when_the_first_does_not(offices: Offices) -> None:
    look(offices, TZ)
    assert offices.members == {}
    offices.now += TURN
    look(offices, TZ)
    assert offices.log(channel_of(offices))[0] == TZ


def test_an_announcement_reaches_all_members(offices: Offices) -> None:
    look(offices)
    sent = offices[KE].run(announce, "gljcn", "Plenary", "In May, at Entebbe.")
    offices.settle()
    for authority in (TZ, UG, ECOWAS):
        shown = offices[authority].run(feed, "gljcn")
        assert [a.body["wordings"][0]["title"] for a in shown.announcements] == ["Plenary"]
        assert offices[authority].run(feed, "gljcn", shown.last).announcements == []
        event = offices[authority].events(EventKind.DOCUMENT_RECEIVED)[0]
        assert event.network == "gljcn"
        assert event.matter is None
    for authority in (TZ, UG):
        offices.acknowledge(channel_of(offices), authority)
    assert offices[KE].run(show_document, sent.document).stage is Stage.ACCEPTED
    offices.acknowledge(channel_of(offices), ECOWAS)
    document = offices[KE].run(show_document, sent.document)
    assert document.stage is Stage.DELIVERED
    assert [delivery.authority for delivery in document.deliveries] == [TZ, UG, ECOWAS]


def test_who_may_not_announce_is_told_before(offices: Offices) -> None:
    look(offices)
    for authority in (UG, ECOWAS):
        with pytest.raises(NotAllowed, match="coordinators announce"):
            offices[authority].run(announce, "gljcn", "A", "B")
    with pytest.raises(NotFound):
        offices[KE].run(announce, "wacap", "A", "B")
    with pytest.raises(RefusedInput, match="title and a text"):
        offices[KE].run(announce, "gljcn", " ", "B")


def test_before_the_channel_is_open_nothing_is_announced(offices: Offices) -> None:
    with pytest.raises(Conflict, match="not open"):
        offices[TZ].run(announce, "gljcn", "A", "B")


@pytest.mark.parametrize(
    ("author", "body", "addressees", "code"),
    [
        (ECOWAS, announcement(), (), "observer_writes"),
        (UG, announcement(), (), "may_not_announce"),
        (KE, announcement("wacap"), (), "wrong_channel"),
        (
            KE,
            Reply(
                request=DocumentRef(id="ab" * 16, digest="cd" * 32),
                previous="cd" * 32,
                outcome=Outcome.EXECUTED,
                language="en",
            ),
            (TZ,),
            "case_data_in_network",
        ),
    ],
)
def test_what_is_void_in_a_network(
    offices: Offices, author: str, body: Body, addressees: tuple[str, ...], code: str
) -> None:
    look(offices)
    document = put(offices, author, body, addressees)
    for authority in (KE, TZ, UG, ECOWAS):
        if authority != author:
            assert offices[authority].events(EventKind.DOCUMENT_VOID)[0].code == code
            assert offices[authority].run(show_document, document).stage is Stage.VOID
            assert offices[authority].run(feed, "gljcn").announcements == []


def test_members_may_consult_in_a_network(offices: Offices) -> None:
    look(offices)
    put(offices, UG, Consultation(text="Who will be there?", language="en"), (KE,))
    assert offices[KE].events(EventKind.DOCUMENT_VOID) == []
    assert offices[KE].events(EventKind.DOCUMENT_RECEIVED)


def test_where_members_may_announce_they_do(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    simulator.add_network("casc", [TZ], [KE], announcers="members")
    offices = Offices(tmp_path, simulator, KE, TZ)
    look(offices)
    offices[TZ].run(announce, "casc", "A", "B")
    offices.settle()
    assert len(offices[KE].run(feed, "casc").announcements) == 1
    offices.close()


def test_the_channel_follows_the_roster(offices: Offices) -> None:
    look(offices)
    offices.simulator.set_seats("gljcn", members=[TZ], observers=[])
    offices.refresh()
    look(offices)
    assert sorted(offices.members[channel_of(offices)]) == [KE, TZ]
    left = {event.summary for event in offices[TZ].events(EventKind.PARTY_LEFT)}
    assert left == {f"{name} left the network gljcn" for name in (UG, ECOWAS)}
    offices.simulator.set_seats("gljcn", members=[TZ, UG])
    offices.refresh()
    look(offices)
    assert sorted(offices.members[channel_of(offices)]) == [KE, TZ, UG]
    assert offices[KE].run(show_network, "gljcn").present == [KE, TZ, UG]


def test_members_who_do_not_coordinate_change_nothing(offices: Offices) -> None:
    look(offices)
    offices.simulator.set_seats("gljcn", members=[TZ], observers=[])
    offices.refresh()
    look(offices, UG)
    assert UG in offices.members[channel_of(offices)]


def test_an_expired_roster_adds_nobody(offices: Offices) -> None:
    offices.now += 10 * 365 * 24 * 3600
    look(offices)
    assert offices.members == {}


def test_who_is_struck_off_is_not_added(offices: Offices) -> None:
    offices.simulator.strike_off(UG)
    offices.refresh()
    look(offices)
    assert sorted(offices.members[channel_of(offices)]) == [KE, TZ, ECOWAS]


@pytest.mark.parametrize(
    ("committer", "members", "network", "explanation"),
    [
        (UG, (KE, TZ, UG), "gljcn", "does not coordinate"),
        (KE, (KE, TZ, UG, "fr.central"), "gljcn", "not on its roster"),
        (KE, (KE, TZ, UG), "wacap", "no network"),
    ],
)
def test_an_invitation_that_the_roster_does_not_warrant(
    offices: Offices, committer: str, members: tuple[str, ...], network: str, explanation: str
) -> None:
    pin = DirectoryPin(offices.directory.targets_version, offices.directory.network_versions["gljcn"])
    info = JoinInfo(
        kind=Kind.NETWORK,
        relay="relay.one",
        network=network,
        charter_digest=None,
        introduction=Introduction(),
        committer=committer,
        members=members,
        pin=pin,
        notices=(),
        rejoined=False,
    )
    tz = offices[TZ]
    with pytest.raises(JoinRefused, match=explanation):
        tz.run(tz.registry.joined, channel_of(offices), info)
    assert tz.store(channels.get, channel_of(offices)) is None
    assert tz.events() == []
