"""From an officer's act to a document that is sent, or to a draft that waits for a second officer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rogatory.node.approvals.views import DraftState, DraftView, draft_view
from rogatory.node.errors import Conflict, NotAllowed, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.lookup import id_range
from rogatory.node.inbox.recording import record
from rogatory.node.inbox.writing import sign
from rogatory.node.matters import commands
from rogatory.node.matters.views import Sent
from rogatory.node.officers.registering import find_officer
from rogatory.node.store import drafts
from rogatory.node.store.drafts import DraftRow
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import Act, Officer, Outcome
from rogatory.protocol.limits import CHANNEL_ID
from rogatory.protocol.text import in_words, message

DRAFT_ID: Final = 16
WORDS: Final = frozenset({"all", "request", "reply", *(outcome.value for outcome in Outcome)})
"""What a setting `four_eyes` may name: everything, requests, every step, or steps by their outcome."""


def checked(words: Iterable[str]) -> frozenset[str]:
    """A setting `four_eyes`. Raises RefusedInput for a word that means nothing."""
    given = frozenset(words)
    if unknown := sorted(given - WORDS):
        raise RefusedInput(
            message("four_eyes names {unknown}", unknown=repr(unknown[0])),
            message("use some of: {words}", words=tuple(sorted(WORDS))),
        )
    return given


class Doing(StrEnum):
    """What a draft is for."""

    REQUEST = "request"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Desk:
    """Who acts, and what a second officer has to approve. `officer` is None for the administrator's token."""

    officer: str | None
    four_eyes: frozenset[str] = frozenset()

    def needs_second(self, doing: Doing, given: Mapping[str, Any]) -> bool:
        """Whether a second officer must approve this."""
        words = {"all", doing.value}
        if doing is Doing.REPLY:
            words.add(str(_fields(given).get("outcome")))
        return not words.isdisjoint(self.four_eyes)


def act(tx: Tx, desk: Desk, doing: Doing, given: dict[str, Any]) -> Sent | DraftView:
    """Do it, or keep it as a draft. Raises what the doing raises, NotAllowed for the administrator under four eyes."""
    if not desk.needs_second(doing, given):
        return _DO[doing](tx, given, _names(tx, [(desk.officer, Act.PREPARED)]))
    if desk.officer is None:
        raise NotAllowed(
            message("a second officer approves this before it is sent, so the first one must be known"),
            message("give your name: rogatory-node --officer ID …, or the setting ROGATORY_NODE_OFFICER"),
        )
    find_officer(tx, desk.officer)
    _CHECK[doing](tx, given, _names(tx, [(desk.officer, Act.PREPARED)]))
    row = DraftRow(tx.random(DRAFT_ID), doing.value, given, desk.officer, tx.now, DraftState.WAITING)
    drafts.put(tx.connection, row)
    record(
        tx,
        EventKind.APPROVAL_WAITING,
        message(
            "{officer} prepared a {doing}: a second officer approves it",
            officer=desk.officer,
            doing=in_words(doing.value),
        ),
    )
    return draft_view(row)


def approve(tx: Tx, desk: Desk, draft: str) -> Sent:
    """Sign and send what another officer prepared. Raises NotAllowed, NotFound, Conflict, and what sending raises."""
    row, second = _to_decide(tx, desk, draft)
    if second == row.prepared_by:
        raise NotAllowed(message("four eyes: who prepared it cannot approve it too"), message("ask another officer"))
    names = _names(tx, [(row.prepared_by, Act.PREPARED), (second, Act.APPROVED)])
    sent = _DO[Doing(row.act)](tx, row.given, names)
    drafts.decide(tx.connection, row.id, DraftState.SENT, second, tx.now, document=bytes.fromhex(sent.document))
    return sent


def refuse(tx: Tx, desk: Desk, draft: str, reason: str) -> DraftView:
    """Do not send it; who prepared it may refuse it too. Raises RefusedInput without a reason, NotFound, Conflict."""
    row, officer = _to_decide(tx, desk, draft)
    if not reason.strip():
        raise RefusedInput(message("a refusal has its reason"), message("say what should be changed"))
    drafts.decide(tx.connection, row.id, DraftState.REFUSED, officer, tx.now, reason=reason)
    record(
        tx,
        EventKind.APPROVAL_REFUSED,
        message(
            "{officer} did not approve the {act} of {prepared_by}: {reason}",
            officer=officer,
            act=in_words(row.act),
            prepared_by=row.prepared_by,
            reason=reason,
        ),
    )
    return draft_view(find_draft(tx, draft))


def find_draft(tx: Tx, given: str) -> DraftRow:
    """A draft by the first digits of its id. Raises RefusedInput, NotFound."""
    found = drafts.by_prefix(tx.connection, *id_range(given, DRAFT_ID, "draft"))
    if len(found) > 1:
        raise RefusedInput(
            message("more than one draft's id begins with {given}", given=given), message("give more digits")
        )
    if not found:
        raise NotFound(
            message("there is no draft {given}", given=given), message("see what waits: rogatory-node approval list")
        )
    return found[0]


def _to_decide(tx: Tx, desk: Desk, draft: str) -> tuple[DraftRow, str]:
    row = find_draft(tx, draft)
    if desk.officer is None:
        raise NotAllowed(
            message("an officer decides, not the administrator"),
            message("give your name: rogatory-node --officer ID …"),
        )
    find_officer(tx, desk.officer)
    if row.state != DraftState.WAITING:
        raise Conflict(
            message(
                "{decided_by} decided on this draft before: {state}",
                decided_by=row.decided_by,
                state=in_words(row.state),
            ),
            message("nothing is left to do"),
        )
    return row, desk.officer


def _names(tx: Tx, acts: list[tuple[str | None, Act]]) -> tuple[Officer, ...]:
    found = []
    for officer, did in acts:
        if officer is not None:
            row = find_officer(tx, officer, present=False)
            found.append(Officer(name=row.name, function=row.function, act=did))
    return tuple(found)


def _fields(given: Mapping[str, Any]) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = given["fields"]
    return fields


def _send_request(tx: Tx, given: dict[str, Any], officers: tuple[Officer, ...]) -> Sent:
    return commands.send_request(
        tx,
        given["to"],
        given["fields"],
        subject=given["subject"],
        insist=given["insist"],
        officers=officers,
        attachments=given["attachments"],
    )


def _check_request(tx: Tx, given: dict[str, Any], officers: tuple[Officer, ...]) -> None:
    addressees, body = commands.compose_request(
        tx,
        given["to"],
        given["fields"],
        insist=given["insist"],
        officers=officers,
        attachments=given["attachments"],
    )
    sign(tx, bytes(CHANNEL_ID), body, addressees=addressees)  # names what is missing to who prepares it


def _reply(tx: Tx, given: dict[str, Any], officers: tuple[Officer, ...]) -> Sent:
    return commands.reply(tx, given["matter"], given["fields"], officers=officers, attachments=given["attachments"])


def _check_reply(tx: Tx, given: dict[str, Any], officers: tuple[Officer, ...]) -> None:
    commands.compose_reply(tx, given["matter"], given["fields"], officers=officers, attachments=given["attachments"])


_DO: Final[dict[Doing, Callable[[Tx, dict[str, Any], tuple[Officer, ...]], Sent]]] = {
    Doing.REQUEST: _send_request,
    Doing.REPLY: _reply,
}
_CHECK: Final[dict[Doing, Callable[[Tx, dict[str, Any], tuple[Officer, ...]], None]]] = {
    Doing.REQUEST: _check_request,
    Doing.REPLY: _check_reply,
}
