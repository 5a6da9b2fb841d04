"""Key packages: handed out once each, in order, then the last resort; their owner is told."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from rogatory.protocol.frames.server import Claimed, Code, Published, Refused, StockLow
from rogatory.protocol.limits import MAX_KEY_PACKAGE, MAX_KEY_PACKAGES_PER_FRAME
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client
from tests.relay.conftest import KE, NG, TZ, UG, Connect
from tests.relay.process import RelayProcess


def packages(count: int) -> list[bytes]:
    return [os.urandom(100) for _ in range(count)]


async def test_each_is_handed_out_once_in_order_of_publication(node: Connect) -> None:
    tz, ke, ug = await node(TZ), await node(KE), await node(UG)
    stock = packages(30)
    answer = await tz.publish(stock, replace=True)
    assert isinstance(answer, Published)
    assert answer.stock == 30
    claims = [await client.claim(TZ) for client in (ke, ug) * 15]
    got = [claim.packages[0].key_package for claim in claims if isinstance(claim, Claimed)]
    assert got == stock
    last = await ke.claim(TZ)
    assert isinstance(last, Claimed)
    assert (last.packages, last.missing) == ([], [TZ])


async def test_claims_at_once_get_different_ones(node: Connect) -> None:
    tz = await node(TZ)
    await tz.publish(packages(60), replace=True)
    clients = [await node(authority) for authority in (KE, UG, NG)]
    claims = await asyncio.gather(*(client.claim(TZ) for client in clients for _ in range(20)))
    got = [claim.packages[0].key_package for claim in claims if isinstance(claim, Claimed)]
    assert len(got) == len(set(got)) == 60


async def test_the_last_resort_is_used_when_the_stock_is_empty_and_its_owner_is_told(node: Connect) -> None:
    tz, ke = await node(TZ), await node(KE)
    await tz.publish(packages(1), b"last resort", replace=True)
    for expected in (False, True, True):
        claim = await ke.claim(TZ)
        assert isinstance(claim, Claimed)
        assert claim.packages[0].last_resort is expected
    told = await tz.wait_where(lambda frame: isinstance(frame, StockLow) and frame.last_resort_used)
    assert told.stock == 0
    await tz.close()
    tz = await node(TZ)
    assert tz.ready is not None
    assert (tz.ready.stock, tz.ready.last_resort) == (0, True)
    assert (await tz.stock_low()).last_resort_used
    await tz.publish([], b"a new last resort")
    await tz.close()
    tz = await node(TZ)
    assert not (await tz.stock_low()).last_resort_used


async def test_the_owner_is_told_once_when_the_stock_runs_low(node: Connect) -> None:
    tz, ke = await node(TZ), await node(KE)
    await tz.publish(packages(22), replace=True)
    tz.frames.clear()
    for _ in range(6):
        await ke.claim(TZ)
    assert (await tz.stock_low()).stock == 19
    await tz.quiet()
    assert not [frame for frame in tz.frames if isinstance(frame, StockLow)]


async def test_what_was_handed_out_is_not_taken_again(node: Connect) -> None:
    tz, ke = await node(TZ), await node(KE)
    stock = packages(2)
    await tz.publish(stock, replace=True)
    await ke.claim(TZ)
    answer = await tz.publish(stock)
    assert isinstance(answer, Published)
    assert answer.stock == 1
    claim = await ke.claim(TZ)
    assert isinstance(claim, Claimed)
    assert claim.packages[0].key_package == stock[1]


async def test_replace_clears_what_was_not_handed_out(node: Connect) -> None:
    tz = await node(TZ)
    await tz.publish(packages(10), replace=True)
    answer = await tz.publish(packages(3), replace=True)
    assert isinstance(answer, Published)
    assert answer.stock == 3


async def test_several_authorities_in_one_claim(node: Connect) -> None:
    tz, ug, ke = await node(TZ), await node(UG), await node(KE)
    await tz.publish([b"of tz"], replace=True)
    await ug.publish([b"of ug"], replace=True)
    claim = await ke.claim(UG, TZ, UG, "xx.nobody", NG)
    assert isinstance(claim, Claimed)
    assert [(package.authority, package.key_package) for package in claim.packages] == [(UG, b"of ug"), (TZ, b"of tz")]
    assert claim.missing == ["xx.nobody", NG]


async def test_bounds_of_publishing(node: Connect) -> None:
    tz = await node(TZ)
    for stock, code in (
        (packages(MAX_KEY_PACKAGES_PER_FRAME + 1), Code.TOO_LARGE),
        ([bytes(MAX_KEY_PACKAGE + 1)], Code.TOO_LARGE),
        ([b""], Code.MALFORMED),
    ):
        answer = await tz.publish(stock)
        assert isinstance(answer, Refused)
        assert answer.code is code
    await tz.publish([], replace=True)
    for _ in range(2):
        await tz.publish(packages(200))
    answer = await tz.publish(packages(101))
    assert isinstance(answer, Refused)
    assert answer.code is Code.QUOTA


async def test_claims_are_limited_by_the_hour(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator, settings={"quotas": {"claims_per_hour": 3}}) as relay:
        async with Client(relay.link_url, simulator.identity(KE)) as ke:
            for _ in range(3):
                assert isinstance(await ke.claim(TZ), Claimed)
            answer = await ke.claim(TZ)
            assert isinstance(answer, Refused)
            assert answer.code is Code.RATE


@pytest.mark.parametrize("count", [201, 1000])
async def test_a_claim_names_at_most_200_authorities(node: Connect, count: int) -> None:
    ke = await node(KE)
    answer = await ke.claim(*(f"ke.a{number}" for number in range(count)))
    assert isinstance(answer, Refused)
    assert answer.code is Code.TOO_LARGE
