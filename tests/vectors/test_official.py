"""The official vectors: every file passes for every supported suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .families import FAMILIES, run_file

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT.parent / "shared" / "mls-vectors"
FILES = sorted(VECTORS.glob("*.json"))
NUMBER_OF_FILES = 16

# The suites on X448 (4 and 6) have no implementation to stand on; these are all that may go unsupported.
FAMILIES_WITH_SUITES = FAMILIES.keys() - {"tree-math", "deserialization", "messages", "tree-operations"}


def test_the_vectors_are_there() -> None:
    if len(FILES) == NUMBER_OF_FILES:
        return
    if os.environ.get("ROGATORY_REQUIRE_VECTORS") == "1":
        pytest.fail(f"{len(FILES)} of {NUMBER_OF_FILES} vector files in {VECTORS.name}, and they are required")
    pytest.skip("the official MLS vectors are not there: ../shared/mls-vectors")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_official_vectors(path: Path) -> None:
    result = run_file(path)
    assert result.failures == []
    assert result.passed > 0
    if result.family not in FAMILIES_WITH_SUITES:
        assert result.not_supported == 0
