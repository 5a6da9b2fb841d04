"""The link against a real WebSocket server: handshake, batches, and coming back."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from rogatory.keys.identity import Identity, RelayKeys
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import Conflict
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.link import Link
from rogatory.node.link.status import LinkState
from rogatory.protocol.frames.client import Credit, Resume
from rogatory.protocol.frames.codec import decode_client_frame, encode_frame
from rogatory.protocol.frames.server import Code, DirectoryChanged, Goodbye
from tests.node.link.far_end import READY, RELAY, Desk, FarEnd, certificate, stay
from tests.node.waiting import eventually

IDENTITY = Identity.generate("ke.central", os.urandom)


def make_link(far: FarEnd, desk: Desk, pinned: bytes | None = None) -> Link:
    entry = far.keys.entry((far.url,), pinned.hex() if pinned else None)
    backoff = Backoff(random.Random(1).uniform, 0.01, 0.05)
    return Link(lambda: entry, lambda: IDENTITY, desk, backoff, now=time.time, random=os.urandom)


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(link: Link, state: LinkState) -> None:
    await eventually(lambda: link.status.state is state)


async def test_frames_go_both_ways_in_order() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    got: asyncio.Queue[object] = asyncio.Queue()

    async def script(socket: ServerConnection) -> None:
        for number in range(300):
            await socket.send(encode_frame(DirectoryChanged(number.to_bytes(32))))
        while True:
            got.put_nowait(decode_client_frame(await socket.recv(decode=False)))

    async with far.listen(script):
        link = make_link(far, desk)
        async with running(link):
            assert await desk.opened.get() == READY
            link.send([Credit(1), Resume(1, bytes(32), 0)])
            link.send([Credit(2)])
            assert [await got.get() for _ in range(3)] == [Credit(1), Resume(1, bytes(32), 0), Credit(2)]
            frames: list[object] = []
            while len(frames) < 300:
                frames += await desk.batches.get()
            assert frames == [DirectoryChanged(number.to_bytes(32)) for number in range(300)]
            assert link.status.state is LinkState.OPEN
            assert link.status.clock_difference is not None
        assert desk.closed.qsize() == 1


async def test_where_one_replica_does_not_serve_the_next_address_is_tried() -> None:
    """The first takes connections and ends each; the second is reached all the same, and after the first is gone."""
    first, second, desk = FarEnd(IDENTITY), FarEnd(IDENTITY), Desk()
    second.keys = second.signer = first.keys

    async def turn_away(socket: ServerConnection) -> None:
        await socket.send(encode_frame(Goodbye(Code.UNAVAILABLE, "no database")))

    async with second.listen(stay):
        async with first.listen(turn_away):
            entry = first.keys.entry((first.url, second.url))
            backoff = Backoff(random.Random(1).uniform, 0.01, 0.05)
            link = Link(lambda: entry, lambda: IDENTITY, desk, backoff, now=time.time, random=os.urandom)
            async with running(link):
                await eventually(lambda: second.connections > 0)
                await until(link, LinkState.OPEN)
        again = Link(lambda: entry, lambda: IDENTITY, desk, backoff, now=time.time, random=os.urandom)
        async with running(again):
            await until(again, LinkState.OPEN)


async def test_a_relay_with_another_key_is_reported_once_and_gets_nothing() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    far.signer = RelayKeys.generate(RELAY, os.urandom)
    async with far.listen(stay):
        link = make_link(far, desk)
        async with running(link):
            await eventually(lambda: far.connections >= 4)
    assert [code for code, _ in desk.troubles] == [Trouble.LINK]
    assert "did not prove that it is relay.one" in desk.troubles[0][1]
    assert desk.opened.empty()
    assert desk.closed.empty()


async def test_a_relay_that_is_down_is_a_state_and_found_when_it_comes_up() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    async with far.listen(stay):
        port = int(far.url.rsplit(":", 1)[1])
        link = make_link(far, desk)
    async with running(link):
        await until(link, LinkState.WAITING)
        assert link.status.last_error
        assert link.status.next_attempt is not None
        async with far.listen(stay, port=port):
            await desk.opened.get()
            assert link.status.last_error is None
    assert desk.troubles == []


async def test_the_link_comes_back_after_the_relay_dropped_it() -> None:
    far, desk = FarEnd(IDENTITY), Desk()

    async def drop(socket: ServerConnection) -> None:
        await asyncio.sleep(0.05)
        socket.transport.abort()

    async with far.listen(drop), running(make_link(far, desk)):
        for _ in range(3):
            await desk.opened.get()
            await desk.closed.get()


async def test_frames_of_one_session_are_not_sent_in_the_next() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    got: list[object] = []

    async def script(socket: ServerConnection) -> None:
        if far.connections == 1:
            await asyncio.sleep(0.05)
            socket.transport.abort()
            return
        while True:
            got.append(decode_client_frame(await socket.recv(decode=False)))

    async with far.listen(script):
        link = make_link(far, desk)
        async with running(link):
            await desk.closed.get()
            link.send([Credit(1)])
            await desk.opened.get()
            await desk.opened.get()
            link.send([Credit(2)])
            await eventually(lambda: got)
    assert got == [Credit(2)]


async def test_bytes_that_are_no_frame_end_the_session_and_are_reported_once() -> None:
    far, desk = FarEnd(IDENTITY), Desk()

    async def script(socket: ServerConnection) -> None:
        await socket.send(b"\xc1 no frame")
        await socket.wait_closed()

    async with far.listen(script), running(make_link(far, desk)):
        await desk.closed.get()
        await desk.opened.get()
        await desk.opened.get()
    assert [code for code, _ in desk.troubles] == [Trouble.LINK]


async def test_a_goodbye_is_kept_as_the_reason() -> None:
    far, desk = FarEnd(IDENTITY), Desk()

    async def script(socket: ServerConnection) -> None:
        await socket.send(encode_frame(Goodbye(Code.REPLACED, "another session")))

    async with far.listen(script):
        link = make_link(far, desk)
        async with running(link):
            await desk.closed.get()
            await until(link, LinkState.WAITING)
    assert "replaced" in (link.status.last_error or "")
    assert link.status.next_attempt is not None
    assert link.status.next_attempt - link.status.since >= 29
    assert [code for code, _ in desk.troubles] == [Trouble.SESSION_REPLACED]


async def test_a_core_that_cannot_go_on_ends_the_session_only() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    desk.failure = Conflict("the disk is full")

    async def script(socket: ServerConnection) -> None:
        await socket.send(encode_frame(DirectoryChanged(bytes(32))))
        await socket.wait_closed()

    async with far.listen(script):
        link = make_link(far, desk)
        async with running(link):
            await desk.closed.get()
            await until(link, LinkState.WAITING)
            assert link.status.last_error == "the disk is full"
            desk.failure = None
            await desk.batches.get()


async def test_a_pinned_certificate_is_accepted_and_binds_the_session(tmp_path: Path) -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    context, far.binding = certificate(tmp_path)
    async with far.listen(stay, context), running(make_link(far, desk, far.binding)):
        assert await desk.opened.get() == READY


async def test_another_certificate_than_the_pinned_one_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    context, far.binding = certificate(tmp_path)
    _, other = certificate(tmp_path)
    async with far.listen(stay, context):
        link = make_link(far, desk, other)
        async with running(link):
            await until(link, LinkState.WAITING)
    assert "another certificate" in desk.troubles[0][1]
    assert desk.opened.empty()


async def test_a_certificate_that_no_authority_vouches_for_is_refused(tmp_path: Path) -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    context, far.binding = certificate(tmp_path)
    async with far.listen(stay, context):
        link = make_link(far, desk)
        async with running(link):
            await until(link, LinkState.WAITING)
    assert "certificate" in (link.status.last_error or "").lower()
    assert far.connections == 0


async def test_a_proof_made_for_another_connection_is_refused(tmp_path: Path) -> None:
    """A relay's proof relayed by somebody with another certificate: RFC 5929's reason for channel binding."""
    far, desk = FarEnd(IDENTITY), Desk()
    context, shown = certificate(tmp_path)
    _, far.binding = certificate(tmp_path)
    async with far.listen(stay, context):
        link = make_link(far, desk, shown)
        async with running(link):
            await until(link, LinkState.WAITING)
    assert "did not prove" in desk.troubles[0][1]


@pytest.mark.parametrize("nudge", [True, False])
async def test_a_nudge_shortens_the_wait(nudge: bool) -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    async with far.listen(stay):
        port = int(far.url.rsplit(":", 1)[1])
        entry = far.keys.entry((far.url,))
    link = Link(
        lambda: entry,
        lambda: IDENTITY,
        desk,
        Backoff(random.Random(1).uniform, 30, 60),
        now=time.time,
        random=os.urandom,
    )
    async with running(link):
        await until(link, LinkState.WAITING)
        async with far.listen(stay, port=port):
            if nudge:
                link.nudge()
                await desk.opened.get()
            else:
                await asyncio.sleep(0.1)
                assert desk.opened.empty()
