"""The mailbox keeps order, cuts batches and stops a reader that runs ahead."""

from __future__ import annotations

import asyncio

import pytest

from rogatory.node.link.mailbox import MAX_BATCH, MAX_WAITING, Mailbox
from rogatory.protocol.frames.server import DirectoryChanged


def frame(number: int) -> DirectoryChanged:
    return DirectoryChanged(number.to_bytes(32))


async def test_what_has_come_is_taken_in_one_batch_and_in_order() -> None:
    mailbox = Mailbox()
    for number in range(5):
        await mailbox.put(frame(number), 10)
    assert await mailbox.take() == [frame(number) for number in range(5)]


async def test_a_batch_is_cut_and_a_large_frame_goes_alone() -> None:
    mailbox = Mailbox()
    await mailbox.put(frame(1), MAX_BATCH * 2)
    await mailbox.put(frame(2), MAX_BATCH // 2)
    await mailbox.put(frame(3), MAX_BATCH // 2)
    await mailbox.put(frame(4), 1)
    assert await mailbox.take() == [frame(1)]
    assert await mailbox.take() == [frame(2), frame(3)]
    assert await mailbox.take() == [frame(4)]


async def test_a_reader_waits_while_too_much_waits() -> None:
    mailbox = Mailbox()
    await mailbox.put(frame(1), MAX_WAITING)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await mailbox.put(frame(2), 1)
    await mailbox.take()
    await mailbox.put(frame(2), 1)
    assert await mailbox.take() == [frame(2)]


async def test_take_waits_for_the_first_frame() -> None:
    mailbox = Mailbox()
    taking = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    await mailbox.put(frame(1), 1)
    assert await taking == [frame(1)]
