"""Three regional networks at once over one relay: 36 central authorities and two observers.

The relay is a process; the nodes share the test's event loop, each with its own sockets, thread and encrypted database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pytest
import pytest_asyncio

from rogatory.node.channels.profile import restore_group
from rogatory.node.errors import NotAllowed, NotFound
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.queries import show_document
from rogatory.node.inbox.views import DocumentView, Stage
from rogatory.node.inbox.writing import send, sign
from rogatory.node.matters.commands import reply, send_request
from rogatory.node.matters.queries import documents_in, list_matters
from rogatory.node.networks.commands import announce
from rogatory.node.networks.queries import feed, list_networks, show_network
from rogatory.node.store import groups
from rogatory.node.store.groups import Role
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Announcement, Wording
from tests.keys.simulator import DirectorySimulator
from tests.node.letters import BANK_RECORDS
from tests.node.local_node import LocalNode
from tests.relay.process import RelayProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Region:
    """A network's seats; `states` by their two letters."""

    states: str
    coordinators: tuple[str, ...]
    observers: tuple[str, ...] = ()
    announcers: Literal["coordinators", "members"] = "coordinators"

    @property
    def members(self) -> list[str]:
        return [f"{state}.central" for state in self.states.split()]

    @property
    def everybody(self) -> list[str]:
        return sorted({*self.members, *self.observers})


NG, SN, KE, KZ, GE, UZ, TZ = (f"{state}.central" for state in ("ng", "sn", "ke", "kz", "ge", "uz", "tz"))
COURT, COMMISSION = "xe.court", "xe.commission"
REGIONS: Final = {
    "wacap": Region("bj bf cv ci gm gh gn gw lr ml mr ne ng sn sl tg", (NG, SN), (COURT, COMMISSION)),
    "gljcn": Region("ao bi cf cg cd ke rw ss sd tz ug zm", (KE,)),
    "casc": Region("am az ge kz kg tj tm uz", (KZ,), announcers="members"),
}
SECRET: Final = "Kapchorwa-7731"
"""Stands in everything that is sent here, and must stand nowhere at the relay."""


@dataclass
class Networks:
    """All that runs: the relay, and the nodes by authority."""

    relay: RelayProcess
    nodes: dict[str, LocalNode] = field(default_factory=dict)

    def __getitem__(self, authority: str) -> LocalNode:
        return self.nodes[authority]

    def of(self, network: str) -> list[LocalNode]:
        return [self.nodes[name] for name in REGIONS[network].everybody]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def networks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Networks]:
    """All nodes, each in its network with everybody else."""
    folder: Path = tmp_path_factory.mktemp("networks")
    names = [name for region in REGIONS.values() for name in region.everybody]
    simulator = DirectorySimulator(names)
    with simulator.draft():
        for network, region in REGIONS.items():
            simulator.add_network(
                network, region.members, region.coordinators, region.observers, announcers=region.announcers
            )
    coordinators = {name for region in REGIONS.values() for name in region.coordinators}
    with RelayProcess(folder / "relay", simulator) as relay:
        running = Networks(relay)
        async with AsyncExitStack() as nodes:
            # Coordinators last: they find everybody's key packages and need not ask again.
            for name in sorted(names, key=coordinators.__contains__):
                if name in coordinators:
                    await asyncio.gather(*(node.wait_online() for node in running.nodes.values()))
                node = LocalNode(folder / name, simulator, name, relay.url)
                running.nodes[name] = await nodes.enter_async_context(node)
            for network in REGIONS:
                for node in running.of(network):
                    await node.wait_until(f"join {network} with all others", is_complete, network)
            yield running


def is_complete(tx: Tx, network: str) -> bool:
    view = show_network(tx, network)
    return view.joined and view.present == REGIONS[network].everybody


async def test_three_networks_open_at_once_with_all_their_members(networks: Networks) -> None:
    assert [len(networks.of(network)) for network in REGIONS] == [18, 12, 8]
    for network in REGIONS:
        assert len({await networks[name].query(epoch_of, network) for name in REGIONS[network].everybody}) == 1
    for name, node in networks.nodes.items():
        joined = [line.network for line in await node.query(list_networks) if line.joined]
        assert joined == [network for network, region in REGIONS.items() if name in region.everybody]


async def test_announcements_reach_all_of_their_network_and_nobody_else(networks: Networks) -> None:
    # All at the same time; two coordinators of one network, and plain members where the roster lets them.
    authors = [("wacap", NG), ("wacap", SN), ("gljcn", KE), ("casc", GE), ("casc", UZ)]
    sent = await asyncio.gather(
        *(networks[author].command(announce, network, f"From {author}", SECRET) for network, author in authors)
    )
    for (network, author), announced in zip(authors, sent, strict=True):
        shown = await networks[author].wait_until("see all acknowledgements", delivered, announced.document)
        assert acknowledged_by(shown) == set(REGIONS[network].everybody) - {author}
    for network, region in REGIONS.items():
        feeds = [await node.query(feed, network) for node in networks.of(network)]
        expected = {f"From {author}" for where, author in authors if where == network}
        assert {one.title for one in feeds[0].announcements} == expected
        # One order for all: the log's.
        assert len({tuple((one.seq, one.digest) for one in each.announcements) for each in feeds}) == 1
        for outsider in networks.nodes.keys() - set(region.everybody):
            assert (await networks[outsider].query(feed, network)).announcements == []


@pytest.mark.parametrize(
    ("network", "author", "code"),
    [
        ("wacap", COURT, "observer_writes"),
        ("wacap", COMMISSION, "observer_writes"),
        ("gljcn", TZ, "may_not_announce"),
    ],
)
async def test_an_announcement_of_one_who_may_not_is_void_for_everybody(
    networks: Networks, network: str, author: str, code: str
) -> None:
    with pytest.raises(NotAllowed):
        await networks[author].command(announce, network, "Coup", SECRET)
    forged = await networks[author].command(announce_unasked, network, "Coup")
    for node in networks.of(network):
        if node.authority != author:
            await node.wait_until("hear of the void announcement", lambda tx: show(tx, forged))
            void = [event for event in await node.events(EventKind.DOCUMENT_VOID) if event.document == forged]
            assert [(event.code, event.author, event.network) for event in void] == [(code, author, network)]
            assert forged not in {one.id for one in (await node.query(feed, network)).announcements}


@pytest.mark.parametrize(("requesting", "requested"), [(KE, NG), ("gw.central", "ao.central"), (UZ, "sd.central")])
async def test_a_request_crosses_from_network_to_network(networks: Networks, requesting: str, requested: str) -> None:
    asking, asked = networks[requesting], networks[requested]
    sent = await asking.command(send_request, [requested], BANK_RECORDS | {"facts": SECRET})
    request = await asked.wait_until("receive the request", find, sent.matter, "request")
    assert (request.author, request.stage, request.body["facts"]) == (requesting, Stage.RECEIVED, SECRET)
    await asked.command(reply, sent.matter, {"outcome": "executed", "text": f"Attached. {SECRET}"})
    answer = await asking.wait_until("receive the reply", find, sent.matter, "reply")
    assert answer.author == requested
    shown = await asking.wait_until("see the acknowledgement", delivered, sent.document)
    assert acknowledged_by(shown) == {requested}
    assert shown.receipt is not None
    for name, node in networks.nodes.items():
        knows = sent.matter in {line.matter for line in await node.query(list_matters)}
        assert knows == (name in (requesting, requested))


async def test_nothing_was_reported_and_the_relay_has_no_word_of_it(networks: Networks) -> None:
    for name, node in networks.nodes.items():
        reported = await node.events(EventKind.TROUBLE, EventKind.COMMIT_VOID, EventKind.REJOIN)
        assert [(name, event.summary) for event in reported] == []
    sent = await networks[KE].command(announce, "gljcn", "Plenary", SECRET)
    await networks[KE].wait_until("see all acknowledgements", delivered, sent.document)
    stored = b"".join(path.read_bytes() for path in networks.relay.folder.glob("relay.db*"))
    assert KE.encode() in stored  # what it needs for its work
    assert SECRET.encode() not in stored


def epoch_of(tx: Tx, network: str) -> bytes:
    """What all members of an MLS group share, and nobody else knows."""
    stored = groups.get(tx.connection, tx.directory.roster(network).channel_id, Role.CURRENT)
    assert stored is not None
    return restore_group(*stored).epoch_authenticator


def announce_unasked(tx: Tx, network: str, title: str) -> str:
    """Announce past the own node's check, as dishonest software would; gives the document's id."""
    body = Announcement(network=network, wordings=(Wording(language="en", title=title, text=SECRET),))
    document = sign(tx, tx.directory.roster(network).channel_id, body)
    send(tx, document)
    return document.payload.id


def show(tx: Tx, document: str) -> DocumentView | None:
    try:
        return show_document(tx, document)
    except NotFound:
        return None


def delivered(tx: Tx, document: str) -> DocumentView | None:
    shown = show_document(tx, document)
    return shown if shown.stage is Stage.DELIVERED else None


def acknowledged_by(shown: DocumentView) -> set[str]:
    return {delivery.authority for delivery in shown.deliveries if delivery.acknowledged_at is not None}


def find(tx: Tx, matter: str, kind: str) -> DocumentView | None:
    """The matter's document of this kind, once it is here."""
    if matter not in {line.matter for line in list_matters(tx)}:
        return None
    return next((document for document in documents_in(tx, matter) if document.kind == kind), None)
