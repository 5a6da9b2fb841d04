"""Guided entry: what was typed is kept, and what does not fit is said in words."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from rogatory.node.cli.main import app


def entered(file: Path, *answers: str) -> str:
    """What the command says to whoever gives these answers and then stops."""
    given = "\n".join(answers) + "\n"
    result = CliRunner().invoke(app, ["request", "write", "--out", str(file)], input=given)
    assert result.exit_code == 130
    return result.output


def test_what_was_entered_is_kept_when_somebody_stops(tmp_path: Path) -> None:
    said = entered(tmp_path / "request.json", "KE/1", "Bank records", "inquest", "investigation")
    assert "An empty answer leaves a field out" in said
    assert "nature cannot be 'inquest': it is one of investigation, prosecution," in " ".join(said.split())
    assert "stopped: what was entered is in" in said
    kept = json.loads((tmp_path / "request.json").read_text())
    assert (kept["reference"], kept["subject"], kept["nature"]) == ("KE/1", "Bank records", "investigation")
