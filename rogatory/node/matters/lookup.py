"""Matters, amendments and threads by the first digits of their ids."""

from __future__ import annotations

from rogatory.node.errors import NotFound, RefusedInput
from rogatory.node.inbox.lookup import id_range
from rogatory.node.store.amendments import AmendmentRow, get_amendments
from rogatory.node.store.documents import threads_of
from rogatory.node.store.matters import MatterRow, get_matter, matters_by_prefix
from rogatory.node.transaction import Tx
from rogatory.protocol.content import MESSAGE_ID
from rogatory.protocol.documents import Thread
from rogatory.protocol.limits import CHANNEL_ID, HASH
from rogatory.protocol.text import message


def find_matter(tx: Tx, given: str) -> MatterRow:
    """The one matter whose id begins so. Raises RefusedInput, NotFound."""
    found = matters_by_prefix(tx.connection, *id_range(given, CHANNEL_ID, "matter"))
    if len(found) > 1:
        raise RefusedInput(
            message("more than one matter's id begins with {given}", given=given), message("give more digits")
        )
    matter = get_matter(tx.connection, found[0]) if found else None
    if matter is None:
        raise NotFound(
            message("no matter with the id {given} is held here", given=given),
            message("list them: rogatory-node matter list"),
        )
    return matter


def find_amendment(tx: Tx, matter: MatterRow, given: str) -> AmendmentRow:
    """The one amendment of the matter whose digest begins so. Raises RefusedInput, NotFound."""
    low, high = id_range(given, HASH, "amendment")
    found = [row for row in get_amendments(tx.connection, matter.channel) if low <= row.digest <= high]
    if not found:
        raise NotFound(
            message("the matter has no amendment {given}", given=given),
            message("see the matter: rogatory-node matter show MATTER"),
        )
    if len(found) > 1:
        raise RefusedInput(
            message("more than one amendment's digest begins with {given}", given=given), message("give more digits")
        )
    return found[0]


def find_thread(tx: Tx, matter: MatterRow, given: str) -> Thread:
    """The one thread of the matter whose id begins so. Raises RefusedInput, NotFound."""
    low, high = id_range(given, MESSAGE_ID, "thread")
    found = {
        thread: subject
        for thread, subject in threads_of(tx.connection, matter.channel)
        if low <= bytes.fromhex(thread) <= high
    }
    if not found:
        raise NotFound(
            message("the matter has no thread {given}", given=given), message("see the matter: consult show")
        )
    if len(found) > 1:
        raise RefusedInput(
            message("more than one thread's id begins with {given}", given=given), message("give more digits")
        )
    return next(Thread(id=thread, subject=subject) for thread, subject in found.items())
