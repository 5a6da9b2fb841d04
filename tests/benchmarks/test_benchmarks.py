"""The benchmarks run. What they measure depends on the machine and is not judged here."""

from __future__ import annotations

import json

import pytest

from tests.benchmarks.__main__ import main


def test_every_part_measures_and_compares(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--json", "--count", "20", "--sizes", "5"])
    figures = json.loads(capsys.readouterr().out)
    names = {figure["name"] for figure in figures}
    assert len(names) == len(figures)
    assert all(figure["value"] > 0 for figure in figures)
    assert {figure["against"] for figure in figures if "against" in figure} <= names
    assert {"Ed25519 verify", "MLS protect", "relay's store: append", "receiver: catch up with a backlog"} <= names


def test_a_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["signing", "--count", "1"])
    assert "ML-DSA-65 sign" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["speed"], ["--count", "0"], ["--sizes", "2"]])
def test_what_cannot_be_measured_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
