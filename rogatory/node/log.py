"""Log lines: JSON on standard error, without documents, names of persons, or secrets."""

from __future__ import annotations

import logging
import sys
from typing import Final

import structlog
from aiohttp.http import HttpProcessingError

from rogatory.node.errors import RefusedInput
from rogatory.protocol.text import message

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_log(level: str) -> None:
    """Write lines of this level and above. Raises RefusedInput for a level that there is not."""
    if level not in LEVELS:
        raise RefusedInput(
            message("log_level = {level} is not known", level=repr(level)),
            message("use one of: {levels}", levels=tuple(LEVELS)),
        )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.getLogger("aiohttp.server").addFilter(_is_worth_a_line)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """What is no HTTP is its sender's fault: it is answered with 400, and may not fill the log with stack traces."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
