"""Commands that wait at the same time share a transaction, and no other's fate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from rogatory.node.errors import Conflict
from rogatory.node.node import Node
from rogatory.node.store import counters
from rogatory.node.transaction import Tx
from rogatory.node.worker import Worker
from tests.node.harness import World

COUNT = 100


def counting(refused: frozenset[int], number: int) -> Callable[[Tx], int]:
    def command(tx: Tx) -> int:
        counted = counters.next_number(tx.connection, "commands")
        if number in refused:
            raise Conflict(f"number {number}")
        return counted

    return command


async def ask(node: Node, refused: frozenset[int]) -> list[int | BaseException]:
    asked = (node.command(counting(refused, number)) for number in range(COUNT))
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_commands_share_transactions_and_each_has_its_own_answer(tmp_path: Path) -> None:
    world = World(tmp_path, ["ke.central"])
    ke, worker = world.start("ke.central"), Worker()
    node = Node(ke.core, ke.hooks, worker)
    transactions = 0
    run = ke.core.run

    def counted(command: Callable[[Tx], object]) -> object:
        nonlocal transactions
        transactions += 1
        return run(command)

    ke.core.run = counted  # type: ignore[method-assign,assignment]
    assert await ask(node, frozenset()) == list(range(1, COUNT + 1))
    assert transactions < COUNT
    refused = frozenset({0, 50, 99})
    answers = await ask(node, refused)
    assert {number for number, answer in enumerate(answers) if isinstance(answer, Conflict)} == refused
    counted_up = [answer for answer in answers if isinstance(answer, int)]
    assert sorted(counted_up) == list(range(COUNT + 1, 2 * COUNT + 1 - len(refused)))
    worker.close()
    world.close()
