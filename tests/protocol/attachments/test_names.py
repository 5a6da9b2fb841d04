"""File names of others, as they may stand on a disk here."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.protocol.attachments import safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("statement.pdf", "statement.pdf"),
        ("Zeugnis (Abschrift) 1.pdf", "Zeugnis (Abschrift) 1.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\Windows\\system.ini", "C__Windows_system.ini"),
        ("..", "file"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("a\x00b\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("two\u2028lines", "twolines"),
        ("trailing. ", "trailing"),
        ("كشف.pdf", "كشف.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_known_names(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=400))
def test_every_name_is_one_step_inside_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe.encode()) <= 200
    assert not set(safe) & set("/\\\0")
    assert safe not in (".", "..")
    assert not safe.startswith(".")
    assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in safe)
