"""The runner tells a failing vector from a passing one, and what is no vector at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .__main__ import main
from .families import NotVectors, run_file

GOOD = {"vlbytes_header": "4040", "length": 64}
WRONG = {"vlbytes_header": "4040", "length": 65}


def written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_passing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(written(tmp_path / "any-name.json", [GOOD, GOOD]))]) == 0
    assert "deserialization: 2 passed, 0 failed, 0 not supported" in capsys.readouterr().out


def test_a_failing_case_is_counted_and_sets_the_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "vectors.json", [GOOD, WRONG])
    assert main([str(tmp_path)]) == 1
    assert "1 passed, 1 failed" in capsys.readouterr().out


def test_an_unsupported_suite_is_no_failure(tmp_path: Path) -> None:
    case = {"cipher_suite": 4, "psks": [], "psk_secret": ""}
    result = run_file(written(tmp_path / "psk.json", [case]))
    assert (result.passed, result.not_supported, result.failures) == (0, 1, [])


@pytest.mark.parametrize("content", [[], {}, [{"unknown": 1}], "text"])
def test_a_file_of_no_known_family(tmp_path: Path, content: object) -> None:
    path = written(tmp_path / "other.json", content)
    with pytest.raises(NotVectors):
        run_file(path)
    assert main([str(path)]) == 1
