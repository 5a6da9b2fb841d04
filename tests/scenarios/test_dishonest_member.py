"""Attacks of one dishonest member on honest nodes round an honest relay.

None of them needs MLS keys but the hijack, which needs the member's own online key and two claimed key packages.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from rogatory.node.channels.profile import decode_package, invitation_of, join_extension, new_package
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.inbox.events import EventKind
from rogatory.node.matters.joining import introduction
from rogatory.node.store import members
from rogatory.node.store.matters import get_matter
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.declaration import Declaration, DirectoryPin, Seen, encode_declaration
from rogatory.protocol.extensions import JoinInfo
from rogatory.protocol.frames.client import Append, ClientFrame, Invitation
from rogatory.protocol.frames.server import Acknowledgements
from rogatory.protocol.header import Form
from rogatory.protocol.judgement import VoidCode
from rogatory.protocol.mls.framed_content import ContentType
from rogatory.protocol.mls.group import Group
from rogatory.protocol.mls.message import MLSMessage
from rogatory.protocol.mls.private_message import PrivateMessage
from rogatory.protocol.mls.proposal import Add
from rogatory.protocol.mls.suite import PRODUCT_SUITE
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


def test_junk_that_declares_an_access_list_does_not_lock_the_others_out(tmp_path: Path) -> None:
    world, matter, log, pin = begin(tmp_path)
    epoch = World.group(world.nodes[KE], log.id).epoch
    by_hand(world, junk(log, epoch, Declaration(pin, Seen(log.head.seq, log.head.hash), access=[UG])))
    goes_on(world, matter)


def test_an_invitation_does_not_take_a_member_out_of_its_group(tmp_path: Path) -> None:
    world, matter, log, pin = begin(tmp_path)
    ug, identity = world.nodes[UG], world.simulator.identity(UG)
    real = World.group(ug, log.id)
    row = ug.read(lambda tx: get_matter(tx.connection, log.id))
    assert row is not None
    told = ug.read(lambda tx: introduction(tx, row))
    world.nodes[TZ].disconnect("relay.one")
    packages = [world.relay.hand_out(each) for each in (TZ, KE)]
    leaf = new_package(identity, world.now, 1e6, os.urandom)
    fake = Group.create(PRODUCT_SUITE, log.id, leaf, random=os.urandom, extensions=real.extensions)
    seen = Seen(log.head.seq, log.head.hash)
    info = JoinInfo(seen, pin, told.charter, [list(each) for each in told.amendments])
    made = fake.commit(
        [Add(decode_package(each.key_package)) for each in packages if each is not None],
        random=os.urandom,
        authenticated_data=encode_declaration(Declaration(pin, seen, access=[KE, TZ, UG])),
        group_info_extensions=join_extension(info),
        now=int(world.now),
    )
    invitation = invitation_of(made)
    assert invitation is not None
    lure = Invitation(invitation.info, [each for each in invitation.joiners if each.authority == TZ])
    by_hand(world, Append(999, log.id, log.last_commit, Form.MLS, made.message, lure))
    world.start(TZ)
    world.settle()
    mine, kenyas = (World.group(world.nodes[each], log.id) for each in (TZ, KE))
    assert mine.epoch_authenticator == kenyas.epoch_authenticator
    goes_on(world, matter)


def test_a_compromised_key_set_acknowledges_nothing(tmp_path: Path) -> None:
    # Needs a relay that passes it on; then nobody takes the member's own acknowledgements any more.
    world, _, log, _ = begin(tmp_path)
    old = world.simulator.identity(TZ, 1)
    world.simulator.renew_keys(TZ)
    world.simulator.mark_compromised(TZ, [1], 0)
    ke = world.nodes[KE]
    ke.take(ke.core.set_directory(world.directory()))
    unsigned = Acknowledgement(log.id, TZ, 1, 10**9, b"z" * 32, [])
    forged = msgspec.structs.replace(unsigned, signature=old.sign_online(unsigned.signing_input()))
    world.relay.put(world.relay.lines[KE], Acknowledgements(log.id, [forged]))
    world.settle()
    with ke.database.begin() as connection:
        kept = members.acknowledgement(connection, log.id, TZ)
    assert kept is None or kept[0] <= log.head.seq


def test_an_acknowledgement_beyond_the_log_keeps_no_other_out(tmp_path: Path) -> None:
    world, matter, log, _ = begin(tmp_path)
    tz = world.simulator.identity(TZ)
    unsigned = Acknowledgement(log.id, TZ, tz.key_set_version, 10**9, b"z" * 32, [])
    far = msgspec.structs.replace(unsigned, signature=tz.sign_online(unsigned.signing_input()))
    world.relay.put(world.relay.lines[KE], Acknowledgements(log.id, [far]))
    world.settle()
    goes_on(world, matter)
    with world.nodes[KE].database.begin() as connection:
        kept = members.acknowledgement(connection, log.id, TZ)
    assert kept is not None
    assert kept[0] == log.head.seq
