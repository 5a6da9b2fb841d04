"""What concerns all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog

from tests.vectors.test_official import FILES

os.environ["ROGATORY_LANGUAGE"] = "en"  # whoever runs the tests, and all that they start


@pytest.fixture(autouse=True)
def _logs_of_this_test() -> Iterator[None]:
    """A command that was run within a test sets up logs to a stream that is closed after it."""
    yield
    structlog.reset_defaults()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not FILES:
        terminalreporter.section("official MLS vectors")
        terminalreporter.write_line("NOT CHECKED: ../shared/mls-vectors is not there")
