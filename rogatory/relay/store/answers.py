"""What a commit tells those who appended: one answer for each, and receipts that are signed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from rogatory.protocol.receipt import Stamped, issue_together
from rogatory.relay.store.interface import Answers, Appender, NewEntry


class Placed(msgspec.Struct, frozen=True, gc=False):
    """Where an entry stands once the transaction is on disk; `repeated` if it stood there before."""

    stamped: Stamped
    repeated: bool


def answers(
    relay: str, outcomes: Sequence[tuple[NewEntry, Placed | Exception]], sign: Callable[[bytes], bytes]
) -> list[tuple[Appender, Answers]]:
    """The answers to all appends of a commit, in their order; `sign` is called once, and only for what is on disk."""
    told: dict[Appender, Answers] = {}
    stamped: dict[Appender, list[Stamped]] = {}
    for entry, outcome in outcomes:
        appender = entry.lane.appender
        answer = told.get(appender)
        if answer is None:
            answer = told[appender] = Answers()
        if isinstance(outcome, Placed):
            answer.accepted.append(entry)
            stamped.setdefault(appender, []).append(outcome.stamped)
            if outcome.repeated:
                answer.repeated.append(entry.ref)
        else:
            answer.refused.append((entry, outcome))
    if stamped:
        for appender, receipts in zip(stamped, issue_together(relay, list(stamped.values()), sign), strict=True):
            told[appender].receipts = receipts
    return list(told.items())
