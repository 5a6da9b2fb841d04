"""Attacks of one dishonest member on honest nodes round an honest relay.

None of them needs MLS keys but the hijack, which needs the member's own online key and two claimed key packages.
"""

from __future__ import annotations

import os
from pathlib import Path

from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, encode_declaration
from rogatory.protocol.frames.client import Append, ClientFrame
from rogatory.protocol.header import Form
from rogatory.protocol.judgement import VoidCode
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.private_message import PrivateMessage
from tests.node.channels.looking import consult, events_of, state, texts, troubles, write
from tests.node.harness import World
from tests.scenarios.simulated_relay import Log

KE, TZ, UG = "ke.central", "tz.central", "ug.central"


def begin(folder: Path) -> tuple[World, str, Log, DirectoryPin]:
    """A consultation of three; Uganda's node is taken off, so that its authority can act by hand."""
    world = World(folder, [KE, TZ, UG])
    world.start(KE, TZ, UG)
    world.settle()
    matter = consult(world, KE, TZ, UG)
    return world, matter, world.relay.logs[bytes.fromhex(matter)], DirectoryPin(world.directory().targets_version)


def by_hand(world: World, frame: ClientFrame) -> None:
    if UG in world.nodes:
        world.nodes[UG].disconnect("relay.one")
        del world.nodes[UG]
    world.relay.connect(UG)
    world.relay.handle(UG, frame)
    world.settle()


def junk(log: Log, epoch: int, declaration: Declaration) -> Append:
    body = PrivateMessage(
        log.id, epoch, ContentType.COMMIT, encode_declaration(declaration), os.urandom(40), os.urandom(300)
    )
    return Append(999, log.id, log.last_commit, Form.MLS, MLSMessage(body).encode())


def goes_on(world: World, matter: str) -> None:
    write(world.nodes[KE], matter, "after")
    world.settle()
    for _ in range(5):
        world.advance(100)
    assert texts(world.nodes[TZ], matter)[-1] == "after"


def test_junk_that_pins_no_directory_does_not_stall_the_channel(tmp_path: Path) -> None:
    world, matter, log, _ = begin(tmp_path)
    epoch = World.group(world.nodes[KE], log.id).epoch
    by_hand(world, junk(log, epoch, Declaration(DirectoryPin(2**40), Seen(log.head.seq, log.head.hash))))
    goes_on(world, matter)


def test_junk_that_has_seen_another_log_does_not_halt_the_channel(tmp_path: Path) -> None:
    world, matter, log, pin = begin(tmp_path)
    epoch = World.group(world.nodes[KE], log.id).epoch
    by_hand(world, junk(log, epoch, Declaration(pin, Seen(log.head.seq, b"x" * 32))))
    assert state(world.nodes[TZ], log.id) is ChannelState.OPEN
    goes_on(world, matter)


def test_a_member_that_claims_another_log_voids_its_own_entry_alone(tmp_path: Path) -> None:
    world, matter, log, pin = begin(tmp_path)
    lie = encode_declaration(Declaration(pin, Seen(log.head.seq, b"x" * 32)))
    ug = World.group(world.nodes[UG], log.id)
    made = ug.commit((), random=os.urandom, authenticated_data=lie, path=True, now=int(world.now))
    by_hand(world, Append(999, log.id, log.last_commit, Form.MLS, made.message))
    for each in (KE, TZ):
        node = world.nodes[each]
        assert state(node, log.id) is ChannelState.OPEN
        assert troubles(node) == [Trouble.SEEN]
        assert [event.code for event in events_of(node, EventKind.COMMIT_VOID)] == [VoidCode.SEEN_DIFFERS]
        assert log.acknowledgements[each].excepted == [log.head.seq]
    goes_on(world, matter)
