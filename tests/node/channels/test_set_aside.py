"""A fault of this program in one channel: it is set aside, the others go on, and nothing is acknowledged unread."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rogatory.node.channels.commands import wish_refresh
from rogatory.node.channels.hooks import Arrival, JudgingFacts
from rogatory.node.channels.states import ChannelState
from rogatory.node.channels.trouble import Trouble
from rogatory.node.errors import ProgramFault
from rogatory.node.inbox.views import Stage
from rogatory.node.matters.commands import say
from rogatory.node.matters.queries import documents_in
from rogatory.node.registry import Registry
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Consultation
from rogatory.protocol.errors import MalformedError
from rogatory.protocol.frames.server import StockLow
from rogatory.protocol.judgement import ChannelPolicy
from tests.node.channels.conftest import WorldOf
from tests.node.channels.looking import consult, state, texts, troubles, write
from tests.node.harness import SimulatedNode, World

KE, TZ, UG = "ke.central", "tz.central", "ug.central"
POISON = "poison"


class Choking(Registry):
    """An edition with a fault: it cannot take one text from others."""

    fault: Callable[[], Exception] = OverflowError

    def document_arrived(self, tx: Tx, channel: bytes, arrival: Arrival) -> None:
        super().document_arrived(tx, channel, arrival)
        body = arrival.document.payload.body
        if not arrival.own and isinstance(body, Consultation) and body.text == POISON:
            raise self.fault()


class Failing(Registry):
    """An edition with a fault: it does not know by what to judge one channel's commits."""

    channel: bytes | None = None

    def policy(self, tx: Tx, channel: bytes, facts: JudgingFacts) -> ChannelPolicy:
        if channel == self.channel:
            raise ZeroDivisionError
        return super().policy(tx, channel, facts)


def stages(node: SimulatedNode, matter: str) -> dict[str, Stage]:
    """How far what this node said in a matter has come."""
    views = node.read(lambda tx: documents_in(tx, matter))
    said = [view for view in views if view.kind == "consultation" and view.author == node.authority]
    return {str(view.body["text"]): Stage(view.stage) for view in said}


def two_matters(world_of: WorldOf) -> tuple[World, str, str]:
    """Matters of Kenya and Tanzania, whose node cannot take the next entry of the first one."""
    world = world_of(KE, TZ, UG, hooks=Choking)
    poisoned, sound = consult(world, KE, TZ), consult(world, KE, TZ)
    write(world.nodes[KE], poisoned, POISON)
    return world, poisoned, sound


@pytest.mark.parametrize(
    "fault", [OverflowError, KeyError, AssertionError, lambda: MalformedError("ours"), RecursionError]
)
def test_one_channel_that_fails_does_not_take_the_others_with_it(
    world_of: WorldOf, fault: Callable[[], Exception]
) -> None:
    world, poisoned, sound = two_matters(world_of)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    hooks = tz.hooks
    assert isinstance(hooks, Choking)
    hooks.fault = fault
    write(ke, sound, "good")
    world.settle()
    write(ke, sound, "better")
    write(tz, sound, "and back")
    world.settle()
    assert texts(tz, sound) == ["first", "good", "better", "and back"]
    assert set(stages(ke, sound).values()) == {Stage.DELIVERED}
    assert troubles(tz) == [Trouble.SET_ASIDE]
    assert state(tz, bytes.fromhex(poisoned)) is ChannelState.OPEN
    assert texts(tz, consult(world, UG, TZ)) == ["first"]


def test_nothing_is_acknowledged_that_was_not_taken_and_a_restart_tries_again(world_of: WorldOf) -> None:
    world, poisoned, _ = two_matters(world_of)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    write(ke, poisoned, "behind it")
    world.settle()
    assert texts(tz, poisoned) == ["first"]
    assert stages(ke, poisoned) == {"first": Stage.DELIVERED, POISON: Stage.ACCEPTED, "behind it": Stage.ACCEPTED}
    tz.crash()
    world.start(TZ)
    world.settle()
    assert troubles(tz) == [Trouble.SET_ASIDE] * 2
    write(tz, poisoned, "kept until it goes on")
    world.settle()
    assert "kept until it goes on" not in texts(ke, poisoned)
    tz.hooks = Registry()  # the next edition
    tz.crash()
    world.start(TZ)
    world.settle()
    assert texts(tz, poisoned) == ["first", POISON, "behind it", "kept until it goes on"]
    assert texts(ke, poisoned) == texts(tz, poisoned)
    assert set(stages(ke, poisoned).values()) == {Stage.DELIVERED}


def test_the_link_is_begun_anew_once_and_not_again_and_again(world_of: WorldOf) -> None:
    world, _, sound = two_matters(world_of)
    tz, opened = world.nodes[TZ], 0
    session_opened = tz.core.session_opened

    def counted(*given: object) -> object:
        nonlocal opened
        opened += 1
        return session_opened(*given)  # type: ignore[arg-type]

    tz.core.session_opened = counted  # type: ignore[assignment, method-assign]
    world.settle()
    for number in range(5):
        write(world.nodes[KE], sound, f"{number}")
        world.settle()
    world.advance(3600.0)
    assert opened == 1


def test_an_officers_command_is_done_though_a_channel_fails_in_its_transaction(world_of: WorldOf) -> None:
    world = world_of(KE, TZ, hooks=Failing)
    ke, tz = world.nodes[KE], world.nodes[TZ]
    poisoned, sound = consult(world, KE, TZ), consult(world, KE, TZ)
    hooks = ke.hooks
    assert isinstance(hooks, Failing)
    hooks.channel = bytes.fromhex(poisoned)

    def both(tx: Tx) -> None:
        wish_refresh(tx, bytes.fromhex(poisoned))
        say(tx, sound, "is done", subject="s")

    ke.run(both)
    world.settle()
    assert texts(tz, sound) == ["first", "is done"]
    assert troubles(ke) == [Trouble.SET_ASIDE]


def test_what_no_channel_is_to_blame_for_is_told_as_this_programs_fault(world_of: WorldOf) -> None:
    world = world_of(KE, TZ)
    ke = world.nodes[KE]
    with pytest.raises(ProgramFault, match="TypeError"):
        ke.core.receive("relay.one", [StockLow("many", False)])  # type: ignore[arg-type]
    matter = consult(world, TZ, KE)
    ke.disconnect("relay.one")
    ke.connect("relay.one")
    world.settle()
    assert texts(ke, matter) == ["first"]
