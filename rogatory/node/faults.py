"""Faults of this program that one document, matter or channel brings about, and that the others are not to suffer.

What a rule refuses has an error of its own and is dealt with where it is raised. What is left is a case that nobody
thought of: a number that overflows, a field too long, a key that is not there. Whoever catches `FAULTS` must know whose
data were at work, undo all that was done on their account, and leave them alone until later. Two places do:
`duties.attempt`, for what a node does by itself, and `Work.on_account_of`, for what a relay brings.

`NOT_OF_ONE` goes through them: a disk that is full fails everybody, and no channel is to blame. So does what Python
raises for reasons of its own, such as a lack of memory.
"""

from __future__ import annotations

from typing import Final

import msgspec
import structlog

from rogatory.keys.errors import KeysError
from rogatory.node.errors import DamagedStore, NodeError, NoDirectory
from rogatory.node.store.errors import REFUSED_VALUES
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.mls.errors import MLSError

NOT_OF_ONE: Final = (DamagedStore, NoDirectory)
"""The node's own state: catch and raise these before `FAULTS`."""

UNEXPECTED: Final = (
    ArithmeticError,  # a date or a number beyond what can be held
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,  # a state that ought not to be; recursion
    TypeError,
    ValueError,  # text that cannot be encoded, msgspec's refusals
    msgspec.MsgspecError,
    *REFUSED_VALUES,
)
"""What Python, msgspec and the database raise of values that they cannot take."""

FAULTS: Final = (*UNEXPECTED, ProtocolError, MLSError, KeysError, NodeError)

_log = structlog.get_logger()


def log_fault(event: str, error: BaseException, **values: str | None) -> None:
    """A line for the administrator: which fault and where in the program; no word of what it says of the data."""
    _log.error(event, fault=type(error).__name__, place=place_of(error), **values)


def place_of(error: BaseException) -> str:
    """Where an error was raised, as `rogatory.node.terms.deriving:12`."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
