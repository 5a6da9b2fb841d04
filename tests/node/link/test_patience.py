"""How long a relay may be silent: by what moves, never by the clock alone."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from websockets.asyncio.server import ServerConnection

from rogatory.node.channels.trouble import Trouble
from rogatory.node.link.backoff import Backoff
from rogatory.node.link.link import SILENCES_TOLD, Link
from rogatory.node.link.patience import MOST, SLOWEST, LineDead, Patience, Unanswered
from rogatory.node.link.status import LinkState
from rogatory.protocol.frames.client import ClaimKeyPackages, Credit, FetchToken, Resume
from rogatory.protocol.frames.codec import decode_client_frame, encode_frame
from rogatory.protocol.frames.server import Claimed, Code, DirectoryChanged, Entries, Entry, Refused, Resumed
from rogatory.protocol.header import Form
from tests.node.link.far_end import RELAY, Desk, FarEnd, stay
from tests.node.link.test_link import IDENTITY
from tests.node.waiting import eventually

TERM = 60.0
QUESTION = Resume(7, bytes(32), 0)


class Line:
    """A session's patience, its clock, and what moved so far."""

    def __init__(self) -> None:
        self.now = self.received = 0.0
        self.patience = Patience(lambda: self.now, TERM)

    def pass_time(self, seconds: float, rate: float) -> None:
        """Time passes while so many bytes a second come in, and pings go and return."""
        for _ in range(int(seconds)):
            self.now += 1
            self.received += rate
            self.patience.moved(int(self.received), 0)
            self.patience.pong(self.patience.ping())
            self.patience.check()


def test_an_idle_line_is_well_as_long_as_pings_return() -> None:
    Line().pass_time(10 * TERM, 1)


def test_a_line_on_which_nothing_moves_is_dead_after_the_term() -> None:
    line = Line()
    line.now = TERM
    line.patience.check()
    line.now += 1
    with pytest.raises(LineDead):
        line.patience.check()


def test_what_leaves_byte_by_byte_keeps_the_line() -> None:
    line = Line()
    for left in range(100):
        line.now += TERM - 1
        line.patience.moved(0, left)
        line.patience.check()


def test_a_question_is_over_its_time_once_the_relay_has_had_it_for_the_term() -> None:
    line = Line()
    line.patience.asked(QUESTION)
    line.pass_time(TERM, 0.5)
    with pytest.raises(Unanswered, match="Resume"):
        line.pass_time(5, 0.5)


def test_a_question_that_the_line_has_not_carried_yet_is_not_counted() -> None:
    line = Line()
    line.patience.asked(QUESTION)
    for second in range(20 * int(TERM)):
        line.now += 1
        line.patience.moved(0, second)
        line.patience.check()


def test_a_ping_of_before_says_nothing_of_a_question() -> None:
    line = Line()
    number = line.patience.ping()
    line.patience.asked(QUESTION)
    line.patience.pong(number)
    for second in range(3 * int(TERM)):
        line.now += 1
        line.patience.moved(second, 0)
        line.patience.check()


def test_on_a_slow_line_the_answer_may_wait_behind_all_that_is_under_way() -> None:
    line = Line()
    line.patience.asked(QUESTION)
    line.pass_time(MOST / (2 * 1024), 2 * 1024)
    line.patience.answered(Resumed(7, bytes(32), 0, bytes(32), 0, bytes(32), 0))
    line.pass_time(10 * TERM, 1)


def test_a_busy_line_hides_no_answer_for_ever() -> None:
    line = Line()
    line.patience.asked(QUESTION)
    with pytest.raises(Unanswered):
        line.pass_time(2 * TERM, MOST / TERM)
    trickling = Line()
    trickling.patience.asked(QUESTION)
    with pytest.raises(Unanswered):
        trickling.pass_time(3 * TERM, SLOWEST / 2)


@pytest.mark.parametrize("answer", [Refused(7, Code.RATE, "later"), Claimed(7, [], [])])
def test_every_kind_of_answer_counts_and_frames_without_one_are_no_questions(answer: Refused | Claimed) -> None:
    line = Line()
    line.patience.asked(ClaimKeyPackages(7, ["tz.central"]))
    line.patience.asked(Credit(1))
    line.patience.asked(FetchToken(0))
    line.patience.answered(answer)
    line.patience.answered(DirectoryChanged(bytes(32)))
    line.pass_time(3 * TERM, 1)


def test_time_in_which_this_node_did_not_listen_is_nobody_elses() -> None:
    line = Line()
    line.patience.asked(QUESTION)
    line.pass_time(TERM - 1, 0.5)
    line.now += 10 * TERM
    line.patience.start_again()
    line.pass_time(TERM - 1, 0.5)


# Over sockets


def make_link(far: FarEnd, desk: Desk, patience: float) -> Link:
    entry = far.keys.entry((far.url,))
    backoff = Backoff(random.Random(1).uniform, 0.01, 0.05)
    return Link(lambda: entry, lambda: IDENTITY, desk, backoff, now=time.time, random=os.urandom, patience=patience)


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[None]:
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(120):
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class ThinLine:
    """A proxy before the far end that lets so many bytes a second pass each way, and none once it is `stopped`."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.stopped = False

    @asynccontextmanager
    async def before(self, far: FarEnd) -> AsyncIterator[None]:
        port = int(far.url.rsplit(":", 1)[1])
        passing: list[asyncio.Task[None]] = []

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            passing.append(asyncio.create_task(self._pass(reader, downstream)))
            passing.append(asyncio.create_task(self._pass(upstream, writer)))

        async with await asyncio.start_server(carry, "127.0.0.1", 0, limit=1024) as server:
            far.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            try:
                yield
            finally:
                for task in passing:
                    task.cancel()
                await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(512):
                if self.stopped:
                    await asyncio.Event().wait()
                sink.write(data)
                await sink.drain()
                await asyncio.sleep(len(data) / self.rate)
        except ConnectionError:
            pass
        finally:
            sink.close()


async def test_a_relay_that_leaves_a_question_unanswered_is_begun_anew_with_and_told() -> None:
    far, desk = FarEnd(IDENTITY), Desk()

    async def swallow(socket: ServerConnection) -> None:
        while True:
            await socket.recv(decode=False)

    async with far.listen(swallow):
        link = make_link(far, desk, 0.4)
        async with running(link):
            for number in range(1, SILENCES_TOLD + 1):
                await desk.opened.get()
                link.send([Resume(1, bytes(32), 0)])
                await _silent(link, number)
            assert "Resume" in (link.status.last_error or "")
            await eventually(lambda: desk.troubles, 30)
    assert [code for code, _ in desk.troubles] == [Trouble.UNANSWERED]


async def test_a_session_without_questions_stays() -> None:
    far, desk = FarEnd(IDENTITY), Desk()
    async with far.listen(stay):
        link = make_link(far, desk, 0.6)
        async with running(link):
            await desk.opened.get()
            begun = time.monotonic()
            await eventually(lambda: time.monotonic() - begun > 2.0)
            assert link.status.state is LinkState.OPEN
    assert far.connections == 1


async def test_a_line_that_carries_nothing_any_more_is_given_up() -> None:
    far, desk, line = FarEnd(IDENTITY), Desk(), ThinLine(1024 * 1024)
    async with far.listen(stay), line.before(far):
        link = make_link(far, desk, 0.5)
        async with running(link):
            await desk.opened.get()
            line.stopped = True
            await eventually(lambda: "nothing moved" in (link.status.last_error or ""), 60)


async def test_a_slow_line_is_not_cut_while_data_move() -> None:
    """Both ways at once, far longer than the patience: 60 KiB down before the answer, 30 KiB up behind each other."""
    far, desk = FarEnd(IDENTITY), Desk()
    body = os.urandom(20 * 1024)
    answer = Resumed(1, bytes(32), 3, bytes(32), 0, bytes(32), 1)

    async def script(socket: ServerConnection) -> None:
        assert isinstance(decode_client_frame(await socket.recv(decode=False)), Resume)
        for seq in range(1, 4):
            await socket.send(encode_frame(Entries(bytes(32), [Entry(seq, RELAY, Form.MLS, 0, body)], bytes(32))))
        await socket.send(encode_frame(answer))
        await socket.wait_closed()

    async with far.listen(script), ThinLine(16 * 1024).before(far):
        link = make_link(far, desk, 0.5)
        async with running(link):
            await desk.opened.get()
            link.send([Resume(1, bytes(32), 0)])
            came: list[object] = []
            while answer not in came:
                came += await desk.batches.get()
            assert link.status.unanswered == 0
    assert far.connections == 1


async def _silent(link: Link, times: int) -> None:
    await eventually(lambda: link.status.unanswered >= times, 60)
