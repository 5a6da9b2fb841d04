"""What a member once acknowledged stays provable, whatever it says later."""

from __future__ import annotations

from rogatory.node.matters.queries import show_matter
from rogatory.node.proofs.exporting import prove
from rogatory.node.store.first_acknowledgements import firsts_between
from rogatory.protocol.acknowledgement import Acknowledgement
from rogatory.protocol.proof import decode_proof
from tests.node.channels.conftest import WorldOf, world_of
from tests.node.channels.looking import consult, texts, write
from tests.node.harness import SimulatedNode

__all__ = ["world_of"]

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
DAY = 24 * 3600.0


def proven(node: SimulatedNode, matter: str, title: str) -> tuple[int, dict[str, Acknowledgement]]:
    """The place of a document in the log, and the acknowledgements of its proof file by member."""
    shown = node.read(lambda tx: show_matter(tx, matter))
    document = next(each for each in shown.documents if each.title == title)
    proof = decode_proof(node.read(lambda tx: prove(tx, document.id)))
    return proof.documents[0].seq, {each.member: each for each in proof.acknowledgements}


def kept(node: SimulatedNode, matter: str) -> int:
    """How many of others' acknowledgements are kept for good."""
    channel = bytes.fromhex(matter)
    return len(node.read(lambda tx: firsts_between(tx.connection, channel, 0, 1 << 40)))


def test_a_member_that_lost_its_state_takes_nothing_back(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, UG)
    ke, tz, ug = world.nodes.values()
    matter = consult(world, KE, TZ, UG)
    write(ug, matter, "second")
    world.settle()
    tz.disconnect("relay.one")
    tz.database.close()
    tz.path.unlink()
    tz.reopen()
    world.start(TZ)
    world.settle()
    write(ke, matter, "afterwards")
    world.settle()
    assert "afterwards" in texts(tz, matter)
    for node, title in ((ke, "first"), (ke, "second"), (ug, "second"), (ug, "first")):
        seq, found = proven(node, matter, title)
        assert found[TZ].covers(seq), (node.authority, title)
    newest, found = proven(ke, matter, "afterwards")
    assert found[TZ].covers(newest)
    assert not found[TZ].covers(proven(ke, matter, "first")[0])


def test_of_many_the_earliest_is_shown(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    ke, tz = world.nodes.values()
    matter = consult(world, KE, TZ)
    seq, before = proven(ke, matter, "first")
    for number in range(5):
        write(tz, matter, f"more {number}")
        world.settle()
    again, found = proven(ke, matter, "first")
    assert (again, found[TZ]) == (seq, before[TZ])
    assert proven(ke, matter, "more 4")[0] > before[TZ].seq


def test_only_what_proves_something_new_is_kept(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    ke, _ = world.nodes.values()
    matter = consult(world, KE, TZ)
    write(ke, matter, "second")
    world.settle()
    before = kept(ke, matter)
    for number in range(10):
        write(ke, matter, f"at once {number}")
    world.settle()
    after = kept(ke, matter)
    assert before < after <= before + 2  # one covers them all
    entries = len(world.relay.logs[bytes.fromhex(matter)].entries)
    # Keys are renewed, and each commit is acknowledged; that nobody opened the messages is stated by one document.
    world.advance(90 * DAY)
    assert len(world.relay.logs[bytes.fromhex(matter)].entries) > entries + 1
    assert kept(ke, matter) <= after + 1
