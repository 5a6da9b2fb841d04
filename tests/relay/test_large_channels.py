"""A channel with more members than get every acknowledgement."""

from __future__ import annotations

from pathlib import Path

from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.relay.store.interface import ACKNOWLEDGEMENTS_TO_ALL, Acknowledged, Event
from tests.relay.conftest import KE, TZ
from tests.relay.test_retention import Log
from tests.relay.test_store_failures import opened


async def test_beyond_a_number_acknowledgements_go_to_the_authors_of_what_they_cover(tmp_path: Path) -> None:
    log = Log(await opened(tmp_path / "relay.db"), tmp_path)
    events: list[Event] = []
    log.store.listen(events.extend)
    members = [f"ke.m{number}" for number in range(ACKNOWLEDGEMENTS_TO_ALL + 1)]
    await log.append(KE, base=0, access=[KE, TZ, *members])
    await log.append(KE)
    await log.store.acknowledge(
        [Acknowledgement(log.channel, member, 1, 2, log.heads[2], []) for member in members[:-1]]
    )
    assert len(await log.store.acknowledgements(log.channel, TZ, "")) == ACKNOWLEDGEMENTS_TO_ALL
    await log.acknowledge(members[-1], 2)
    assert await log.store.acknowledgements(log.channel, TZ, "") == []
    assert len(await log.store.acknowledgements(log.channel, KE, "")) == len(members)
    told = [event for event in events if isinstance(event, Acknowledged)]
    assert [event.authors for event in told] == [{KE}, {KE}]
    await log.append(TZ)
    await log.acknowledge(members[0], 3)
    assert await log.store.acknowledgements(log.channel, TZ, "") != []
    assert [event.authors for event in events if isinstance(event, Acknowledged)][2] == {TZ}
    await log.store.close()


async def test_pages_of_acknowledgements_go_on_after_a_member(tmp_path: Path) -> None:
    log = Log(await opened(tmp_path / "relay.db"), tmp_path)
    await log.append(KE, base=0, access=[KE, "ke.a", "ke.b"])
    for _ in range(5):
        await log.append(KE)
    for member in ("ke.a", "ke.b"):
        await log.acknowledge(member, 6)
    page = await log.store.acknowledgements(log.channel, KE, "")
    assert [member for member, _ in page] == ["ke.a", "ke.b"]
    assert [member for member, _ in await log.store.acknowledgements(log.channel, KE, "ke.a")] == ["ke.b"]
    await log.store.close()
