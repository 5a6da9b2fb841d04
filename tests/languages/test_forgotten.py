"""No text was forgotten: in a language in which every text stands in brackets, what stands outside is names alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.main import get_command

from rogatory.keys.cli import app as keys_app
from rogatory.keys.cli import main as keys_main
from rogatory.node.cli.main import app as node_app
from rogatory.node.cli.main import main as node_main
from rogatory.relay.cli import app as relay_app
from rogatory.relay.cli import main as relay_main
from tests.languages.made_up import add_language, marked

PSEUDO: Final = "eo"

Apps = {"rogatory-node": node_app, "rogatory-keys": keys_app, "rogatory-relay": relay_app}
Mains: dict[str, Callable[[], None]] = {
    "rogatory-node": node_main,
    "rogatory-keys": keys_main,
    "rogatory-relay": relay_main,
}


def outside(text: str) -> str:
    """What of an output no brackets enclose."""
    depth, kept = 0, []
    for char in text:
        depth += {"⟦": 1, "⟧": -1}.get(char, 0)
        if depth == 0:
            kept.append(char)
    assert depth == 0, text
    return "".join(kept)


_NAMES: Final = (
    r"[0-9]+ \w+ [0-9]{4},",  # days
    r"\b[0-9a-f]{6,}\b",  # ids
    r"<[^>]*>",  # types
    r"(?<!\w)--?[a-z][a-z-]*",  # options
    r"\b[A-Z_]+\b",
    r"\[[^\]⟦]*\]",
    r"\{[^}]*\}",
)


def words_outside(text: str) -> set[str]:
    """Words of letters in what no brackets enclose, without options, types, ids, days, and names in capitals."""
    return set(re.findall(r"[^\W\d_][\w.'-]*\w", re.sub("|".join(_NAMES), " ", outside(text))))


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str]]:
    """Runs a command in the made-up language; gives its exit status and all that it printed."""
    add_language(monkeypatch, tmp_path / "locale", PSEUDO, marked)
    monkeypatch.setenv("ROGATORY_LANGUAGE", PSEUDO)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def command(line: str) -> tuple[int, str]:
        program, *arguments = line.split()
        monkeypatch.setattr("sys.argv", [program, *arguments])
        with pytest.raises(SystemExit) as end:
            Mains[program]()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out + err

    return command


def paths(app: typer.Typer) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command of an application."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield path
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, (*path, name))

    yield from below(get_command(app), ())


@pytest.mark.parametrize("program", list(Apps))
def test_every_help_text_is_said(program: str, run: Callable[[str], tuple[int, str]]) -> None:
    names = {name for path in paths(Apps[program]) for name in path} | {program}
    for path in paths(Apps[program]):
        status, text = run(" ".join((program, *path, "--help")))
        assert status == 0
        parameters = set(re.findall(r"^│ \*? +([a-z_]+)(?:\.\.\.)? ", text, re.MULTILINE))
        assert words_outside(text) <= names | parameters, path


@pytest.mark.parametrize(
    ("line", "status", "names"),
    [
        ("rogatory-node", 2, set()),
        ("rogatory-node nothing", 2, {"nothing"}),
        ("rogatory-node reqest", 2, set()),
        ("rogatory-node inbox --after x", 2, set()),
        ("rogatory-node inbox --limit 0", 2, set()),
        ("rogatory-node inbox --folow", 2, set()),
        ("rogatory-node request check", 2, set()),
        ("rogatory-node init folder --authority ke.central", 2, set()),
        ("rogatory-node matter share m", 2, set()),
        ("rogatory-node --language xx inbox", 2, set()),
        ("rogatory-node status --folder nowhere", 6, set()),
        ("rogatory-node request template no_form", 3, set()),
        ("rogatory-node request check --to a --file nowhere", 6, set()),
        ("rogatory-node document save x nowhere/y", 6, set()),
        ("rogatory-keys fingerprint nowhere", 6, set()),
        ("rogatory-keys trustee", 2, set()),
        ("rogatory-keys directory sign nowhere", 2, set()),
        ("rogatory-keys verify nowhere --root nowhere", 6, set()),
        ("rogatory-keys authority find --directory . --purpose x", 2, set()),
        ("rogatory-relay run --config nowhere.toml", 3, set()),
        ("rogatory-relay check --config nowhere.toml", 3, set()),
        ("rogatory-relay init x --relay nonsense --url http://x", 3, set()),
    ],
)
def test_every_error_is_said(line: str, status: int, names: set[str], run: Callable[[str], tuple[int, str]]) -> None:
    ended, text = run(line)
    program = line.split()[0]
    commands = {name for path in paths(Apps[program]) for name in path} | {program}
    assert words_outside(text) <= commands | names
    assert "⟦" in text
    assert ended == status, text


def test_forms_are_said(run: Callable[[str], tuple[int, str]]) -> None:
    status, text = run("rogatory-node request forms")
    assert status == 0
    assert words_outside(text) <= set(re.findall(r"^([a-z_]+) ", text, re.MULTILINE))
