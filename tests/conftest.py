"""What concerns all tests."""

from __future__ import annotations

import pytest

from tests.vectors.test_official import FILES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FILES:
        terminalreporter.section("official MLS vectors")
        terminalreporter.write_line("NOT CHECKED: ../shared/mls-vectors is not there")
