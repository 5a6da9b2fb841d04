"""What was accepted is there after any end of the process; an orderly end answers what it took."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

from rogatory.protocol.frames.client import Invitation, Joiner
from rogatory.protocol.frames.server import Accepted, Claimed, Code, Entry, Goodbye, Refused, Resumed
from rogatory.protocol.header import Form, Head, Header, body_hash, extend, genesis
from tests.keys.simulator import DirectorySimulator
from tests.relay.client import Client, Departed, commit, message
from tests.relay.conftest import KE, TZ, UG, founded
from tests.relay.process import RelayProcess


def chained(channel: bytes, entries: list[Entry]) -> Head:
    """The head over these entries, from the beginning of the log."""
    head = genesis(channel)
    for entry in entries:
        digest = entry.body_hash if entry.body is None else body_hash(entry.body)
        assert digest is not None
        head = extend(head, [Header(channel, entry.seq, entry.author, entry.form, digest, head.hash)])
    return head


async def test_what_was_accepted_survives_sigkill_once_and_in_order(tmp_path: Path) -> None:
    """An author that repeats what was not answered, as a node does, over kills at random moments."""
    simulator = DirectorySimulator([KE, TZ])
    relay = RelayProcess(tmp_path, simulator).start()
    chance = random.Random(7)
    bodies: list[bytes] = []
    accepted: dict[bytes, int] = {}
    async with Client(relay.link_url, simulator.identity(KE)) as ke:
        channel = await founded(ke, TZ)
    for _ in range(4):
        bodies += [message(channel, 300) for _ in range(150)]
        unanswered = [body for body in bodies if body not in accepted]
        ke = await Client(relay.link_url, simulator.identity(KE)).connect()
        kill = asyncio.get_running_loop().call_later(chance.uniform(0.005, 0.08), relay.kill)
        try:
            refs = {await ke.post(channel, body, 1): body for body in unanswered}
            for ref, body in refs.items():
                answer = await ke.answer(ref)
                if isinstance(answer, Accepted):
                    accepted[body] = answer.receipt.seq
        except Departed:
            pass
        kill.cancel()
        if relay.process is not None:  # it answered everything before its time came
            relay.kill()
        await ke.close()
        relay.start()
    async with Client(relay.link_url, simulator.identity(KE)) as ke:
        for body in bodies:
            if body not in accepted:
                answer = await ke.append(channel, body, 1)
                if isinstance(answer, Refused):  # more than it may have under way
                    await ke.resume(channel, 1 << 40)
                    answer = await ke.append(channel, body, 1)
                assert isinstance(answer, Accepted)
                accepted[body] = answer.receipt.seq
    async with Client(relay.link_url, simulator.identity(TZ)) as tz:
        resumed = await tz.resume(channel)
        assert isinstance(resumed, Resumed)
        entries = await tz.wait_entries(channel, len(bodies) + 1)
        assert sorted(accepted.values()) == list(range(2, len(bodies) + 2)), "each once"
        for body, seq in accepted.items():
            assert entries[seq - 1].body == body
        assert chained(channel, entries).hash == resumed.head
    relay.stop()


async def test_everything_is_kept_across_a_restart(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ, UG])
    with RelayProcess(tmp_path, simulator) as relay:
        async with (
            Client(relay.link_url, simulator.identity(KE)) as ke,
            Client(relay.link_url, simulator.identity(TZ)) as tz,
        ):
            channel = await founded(ke, TZ)
            body = message(channel)
            answer = await ke.append(channel, body, 1)
            assert isinstance(answer, Accepted)
            acknowledgement = await tz.acknowledge(channel, 2, answer.receipt.head)
            await tz.publish([b"one", b"two"], b"last")
            await tz.claim(TZ)
            await ke.append(
                channel,
                commit(channel, [KE, TZ, UG], seen=2),
                1,
                invitation=Invitation(b"info", [Joiner(UG, b"secrets")]),
            )
        relay.restart()
        async with (
            Client(relay.link_url, simulator.identity(KE)) as ke,
            Client(relay.link_url, simulator.identity(UG)) as ug,
        ):
            again = await ke.append(channel, body, 1)
            assert isinstance(again, Accepted)
            assert (again.repeated, again.receipt.seq) == (True, 2)
            await ke.resume(channel)
            assert (await ke.acknowledgements()).acknowledgements == [acknowledgement]
            claim = await ke.claim(TZ)
            assert isinstance(claim, Claimed)
            assert claim.packages[0].key_package == b"two"
            assert (await ug.invited()).seq == 3
            stale = await ke.append(channel, message(channel), 1)
            assert isinstance(stale, Refused)
            assert stale.last_commit == 3


async def test_an_orderly_end_answers_what_was_taken_and_says_goodbye(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    relay = RelayProcess(tmp_path, simulator).start()
    ke = await Client(relay.link_url, simulator.identity(KE)).connect()
    tz = await Client(relay.link_url, simulator.identity(TZ)).connect()
    channel = await founded(ke, TZ)
    refs = [await ke.post(channel, message(channel, 1000), 1) for _ in range(200)]
    status = await asyncio.to_thread(relay.stop)
    assert status == 0
    for client in (ke, tz):
        goodbye = await client.departed()
        assert goodbye is not None
        assert goodbye.code is Code.SHUTTING_DOWN
    answered = [frame for frame in ke.frames if isinstance(frame, Accepted)]
    assert isinstance(ke.frames[-1], Goodbye)
    relay.start()
    async with Client(relay.link_url, simulator.identity(TZ)) as tz:
        resumed = await tz.resume(channel)
        assert isinstance(resumed, Resumed)
        assert resumed.seq == len(answered) + 1, "every entry that stands was answered, and no other"
    assert len(answered) <= len(refs)
    relay.stop()


async def test_new_connections_are_turned_away_while_it_ends(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE])
    relay = RelayProcess(tmp_path, simulator).start()
    for _ in range(20):
        await (client := Client(relay.link_url, simulator.identity(KE))).open()
        if os.urandom(1)[0] < 128:
            await client.close()
    assert relay.stop() == 0
    assert "stopped" in relay.log
    assert "Traceback" not in relay.log


async def test_a_rejoin_document_survives_too(tmp_path: Path) -> None:
    simulator = DirectorySimulator([KE, TZ])
    with RelayProcess(tmp_path, simulator) as relay:
        async with Client(relay.link_url, simulator.identity(KE)) as ke:
            channel = await founded(ke, TZ)
            await ke.append(channel, b"rejoin", 0, form=Form.REJOIN)
        relay.restart()
        async with Client(relay.link_url, simulator.identity(TZ)) as tz:
            await tz.resume(channel)
            assert (await tz.wait_entries(channel, 2))[1].body == b"rejoin"
