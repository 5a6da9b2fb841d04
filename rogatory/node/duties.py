"""What a node does by itself, each matter's part apart: where one fails, the others are done all the same.

Duties run at the end of every transaction. Without this, a single document that one of them chokes on would undo each
transaction of the node, and it could neither send, read nor answer any more.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

from rogatory.node.channels.trouble import Trouble
from rogatory.node.faults import FAULTS, NOT_OF_ONE, log_fault
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.recording import record
from rogatory.node.store.events import happened_since
from rogatory.node.store.prepared import savepoint
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message

T = TypeVar("T")

LATER: Final = 3600.0
"""Seconds after which what failed is tried again."""
TOLD_AGAIN: Final = 30 * 24 * 3600.0
"""Seconds after which the officer is told again of a duty that still fails."""


class Duty(StrEnum):
    """What a node does by itself; the value stands in the log."""

    REMINDER = "reminder"
    EVIDENCE = "evidence"
    KEY_CHANGES = "key_changes"
    STRIKING_OFF = "striking_off"
    SUSPENSION = "suspension"
    ALIGNMENT = "alignment"
    REFRESH = "refresh"


def attempt(tx: Tx, duty: Duty, channel: bytes | None, do: Callable[[], T], instead: Callable[[], T]) -> T:
    """Do one channel's part of a duty (None: of all). Where that fails, it is undone, told once, and `instead` is done.

    `instead` puts it off, so that it is not tried in each transaction.
    """
    try:
        with savepoint(tx.connection):
            return do()
    except NOT_OF_ONE:
        raise
    except FAULTS as error:
        log_fault("duty_failed", error, duty=duty.value, channel=None if channel is None else channel.hex())
        _tell(tx, channel)
        return instead()


def left_alone() -> None:
    """In place of what need not be put off: it is tried again when its occasion comes again."""


def _tell(tx: Tx, channel: bytes | None) -> None:
    if happened_since(tx.connection, tx.now - TOLD_AGAIN, EventKind.TROUBLE, channel, Trouble.DUTY):
        return
    record(
        tx,
        EventKind.TROUBLE,
        message(
            "what this node does by itself, such as reminders and evidences, fails here: see to due dates yourself. It"
            " is tried again later; all else goes on. Have your administrator look for duty_failed in the node's"
            " log and report it to the makers of this program"
        ),
        channel=channel,
        code=Trouble.DUTY.value,
    )
