"""What an evidence says, in a sentence for people: never more than whoever signed it could know."""

from __future__ import annotations

from datetime import datetime

from rogatory.protocol.evidence.rules import Finding
from rogatory.protocol.text import Message, message


def wording(finding: Finding, *, of: str, by: str, at: str | datetime, detail: str = "") -> Message:
    """A sentence. `of`: the addressee, or the relay; `by`: who says so; `at`: a moment, said in
    the reader's own way, or a time as it is to be read.

    `detail`: why a relay refused, or the officer whom an authority names; empty where nobody said.
    """
    match finding:
        case Finding.ACCEPTANCE:
            return message("{by} took it on {at}, and signed a receipt", by=by, at=at)
        case Finding.REJECTION:
            return message("{by} refused it on {at}, and signed why: {detail}", by=by, at=at, detail=detail)
        case Finding.NON_DELIVERY:
            return message("not seen by {of} until {at}, says the node of {by}", of=of, by=by, at=at)
        case Finding.EXCEPTION:
            return message("the node of {of} signed that it could NOT open it (known on {at})", of=of, at=at)
        case Finding.DELIVERY:
            return message("the node of {of} signed that it opened it (known on {at})", of=of, at=at)
        case Finding.NON_RETRIEVAL:
            return message(
                "not told until {at} that an officer of {of} opened it, says the node of {by}", of=of, by=by, at=at
            )
        case Finding.RETRIEVAL if detail:
            return message(
                "opened by {detail} of {of} on {at}, says the node of {by}", detail=detail, of=of, by=by, at=at
            )
        case Finding.RETRIEVAL:
            return message("opened by an officer of {of} on {at}, says the node of {by}", of=of, by=by, at=at)
