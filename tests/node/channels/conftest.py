"""Small worlds, closed at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.node.harness import World

WorldOf = Callable[..., World]


@pytest.fixture
def world_of(tmp_path: Path) -> Iterator[WorldOf]:
    """A world of these authorities, whose nodes are up and at rest."""
    opened: list[World] = []

    def build(*authorities: str, **options: Any) -> World:
        world = World(tmp_path, authorities, **options)
        opened.append(world)
        world.start(*authorities)
        world.settle()
        return world

    yield build
    for world in opened:
        world.close()
