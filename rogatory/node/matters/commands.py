"""What an officer does in matters. Each function is one command, run in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from rogatory.node.attachments.attaching import annex, held
from rogatory.node.channels import commands as channels
from rogatory.node.channels.hooks import Kind
from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.inbox.events import EventKind
from rogatory.node.inbox.lookup import find_document
from rogatory.node.inbox.recording import record
from rogatory.node.inbox.views import Stage
from rogatory.node.inbox.writing import draft, send, sign, sign_draft
from rogatory.node.matters.addressing import check_addressees, own_relay
from rogatory.node.matters.amendments import enter_amendment
from rogatory.node.matters.closing import check_may_close, closing_sent
from rogatory.node.matters.course import course_to_come
from rogatory.node.matters.handing_on import keep_when_forwarded
from rogatory.node.matters.joining import enter_matter
from rogatory.node.matters.lookup import find_amendment, find_matter, find_thread
from rogatory.node.matters.queries import amendment_view
from rogatory.node.matters.requesting import prepare_request, refuse_past
from rogatory.node.matters.views import AmendmentView, Sent
from rogatory.node.store.amendments import get_amendments, get_signatures
from rogatory.node.store.documents import get_envelope
from rogatory.node.store.matters import MatterRow, present_parties, set_state
from rogatory.node.transaction import Tx
from rogatory.protocol.content import MESSAGE_ID
from rogatory.protocol.documents import (
    Amendment,
    Body,
    Charter,
    Closing,
    Consultation,
    Leave,
    Officer,
    Payload,
    Purpose,
    Reply,
    Request,
    Thread,
    UnverifiedDocument,
    Urgency,
    misfit_of,
    peek_document,
    sign_consent,
)
from rogatory.protocol.life.course import advance, may_take
from rogatory.protocol.life.table import IllegalStep, State
from rogatory.protocol.limits import CHANNEL_ID
from rogatory.protocol.text import in_words, message, text_of

B = TypeVar("B", bound=Body)


def send_request(
    tx: Tx,
    to: Sequence[str],
    request: Mapping[str, Any],
    *,
    subject: str = "",
    insist: bool = False,
    officers: tuple[Officer, ...] = (),
    attachments: Sequence[str] = (),
) -> Sent:
    """Open a matter and send its request. `request`: the fields of one of documents.FORMS as JSON values.

    What the directory knows is filled in. Raises RefusedInput naming every essential gap with its article and,
    unless one insists, what the addressees' directory entries object to; NotFound for an authority that is not
    enrolled, Conflict while the directory is too old.
    """
    addressees, body = compose_request(tx, to, request, insist=insist, officers=officers, attachments=attachments)
    channel = _open(tx, Purpose.MATTER, subject or body.subject or "Request", addressees, body.urgency)
    set_state(tx.connection, channel, State.QUEUED)
    return _send(tx, sign(tx, channel, body, addressees=addressees), attachments)


def compose_request(
    tx: Tx,
    to: Sequence[str],
    request: Mapping[str, Any],
    *,
    insist: bool,
    officers: tuple[Officer, ...],
    attachments: Sequence[str] = (),
) -> tuple[tuple[str, ...], Request]:
    """Addressees and the request as it is to be signed; nothing is written. Essential gaps are named by signing."""
    addressees = check_addressees(tx, to)
    body = msgspec.structs.replace(prepare_request(tx, addressees, request, insist=insist), officers=officers)
    return addressees, annex(tx, body, attachments)


def open_consultation(
    tx: Tx, to: Sequence[str], subject: str, text: str, *, language: str = "en", attachments: Sequence[str] = ()
) -> Sent:
    """Open a matter without a request, and say the first thing in it. Raises as `send_request`."""
    addressees = check_addressees(tx, to)
    body = annex(tx, _body({"text": text, "language": language}, Consultation), attachments)
    channel = _open(tx, Purpose.CONSULTATION, subject, addressees, Urgency.ROUTINE)
    document = sign(tx, channel, body, addressees=addressees, thread=_new_thread(tx, subject))
    return _send(tx, document, attachments)


def reply(
    tx: Tx,
    matter: str,
    reply: Mapping[str, Any],
    *,
    officers: tuple[Officer, ...] = (),
    attachments: Sequence[str] = (),
) -> Sent:
    """Take a step in the life of the matter's request. `reply`: the fields of documents.Reply as JSON values, without
    `request` and `previous`.

    Raises Conflict for a step that does not go from where the matter stands, RefusedInput, NotFound.
    """
    document = compose_reply(tx, matter, reply, officers=officers, attachments=attachments)
    return _send(tx, document, attachments)


def compose_reply(
    tx: Tx,
    matter: str,
    reply: Mapping[str, Any],
    *,
    officers: tuple[Officer, ...],
    attachments: Sequence[str] = (),
) -> UnverifiedDocument:
    """The step as it would be sent; nothing is written. Raises as `reply`."""
    row = find_matter(tx, matter)
    course = course_to_come(tx, row.channel)
    if course is None:
        raise Conflict(
            message("the matter has no request to reply to"), message("to say something in it, use: consult say")
        )
    chain = {"request": {"id": course.request, "digest": course.first.hex()}, "previous": course.last.hex()}
    if "officers" in reply:
        raise RefusedInput(
            message("who prepared and approved is told by the node itself"), message("leave the field officers out")
        )
    if held(tx, row.channel, besides=Consultation.KIND):
        raise Conflict(
            message("the files of the step before are still on their way to the relay"),
            message("wait for document_accepted"),
        )
    body = msgspec.structs.replace(_body({"language": "en"} | dict(reply) | chain, Reply), officers=officers)
    refuse_past(tx, "until", body.until)
    body = annex(tx, keep_when_forwarded(tx, row, body), attachments)
    request = bytes.fromhex(course.request)
    document = sign(tx, row.channel, body, addressees=_others(tx, row), in_reply_to=request)
    try:
        advance(course, tx.authority, body, document.digest)
    except IllegalStep as error:
        steps = tuple(step.value for step in may_take(course, tx.authority))
        raise Conflict(
            text_of(error),
            message("what goes from here: {steps}", steps=steps)
            if steps
            else message("see where the matter stands: rogatory-node matter show MATTER"),
        ) from None
    return document


def say(
    tx: Tx,
    matter: str,
    text: str,
    *,
    thread: str | None = None,
    subject: str | None = None,
    in_reply_to: str | None = None,
    language: str = "en",
    attachments: Sequence[str] = (),
) -> Sent:
    """Write into a matter: into `thread` (an id), or into a new one about `subject`; else where the reply belongs."""
    payload = draft_message(
        tx,
        matter,
        text,
        thread=thread,
        subject=subject,
        in_reply_to=in_reply_to,
        language=language,
        attachments=attachments,
    )
    return _send(tx, sign_draft(payload, tx.identity.document_signer()), attachments)


def draft_message(
    tx: Tx,
    matter: str,
    text: str,
    *,
    thread: str | None = None,
    subject: str | None = None,
    in_reply_to: str | None = None,
    language: str = "en",
    attachments: Sequence[str] = (),
) -> Payload:
    """What `say` signs; nothing is entered yet."""
    row = find_matter(tx, matter)
    body = annex(tx, _body({"text": text, "language": language}, Consultation), attachments)
    answered = None if in_reply_to is None else find_document(tx, in_reply_to)
    if answered is not None and answered.channel != row.channel:
        raise RefusedInput(
            message("the document that this replies to is in another matter"), message("name one of this matter")
        )
    if thread is not None:
        where = find_thread(tx, row, thread)
    elif subject is not None:
        where = _new_thread(tx, subject)
    elif answered is not None and answered.thread_id is not None:
        where = Thread(id=answered.thread_id, subject=answered.thread_subject or "")
    else:
        where = None
    return draft(
        tx,
        row.channel,
        body,
        addressees=_others(tx, row),
        thread=where,
        in_reply_to=None if answered is None else answered.id,
    )


def send_messages(tx: Tx, documents: Sequence[tuple[UnverifiedDocument, Sequence[str]]]) -> list[Sent]:
    """Send drafts that were signed meanwhile, each with its attachments, in their order.

    Raises Conflict where they were overtaken.
    """
    for document, _ in documents:
        row = find_matter(tx, document.payload.channel)
        if document.key_set != tx.identity.key_set_version or document.payload.addressees != _others(tx, row):
            raise Conflict(
                message("the matter's parties or this authority's keys changed just now"), message("send it again")
            )
    return [_send(tx, document, attachments) for document, attachments in documents]


def add_party(tx: Tx, matter: str, authorities: Sequence[str], reason: str) -> AmendmentView:
    """Propose further parties. They come in once every party has agreed, and see nothing earlier."""
    row = find_matter(tx, matter)
    adds = check_addressees(tx, authorities)
    already = sorted(set(adds) & present_parties(tx.connection, row.channel))
    if already:
        raise Conflict(message("{already}: a party already", already=tuple(already)))
    complete = [other for other in get_amendments(tx.connection, row.channel) if other.place is not None]
    body = Amendment(
        charter=row.charter.hex(),
        previous=complete[-1].digest.hex() if complete else None,
        adds=adds,
        reason=_body({"text": reason, "language": "en"}, Consultation).text,
    )
    document = sign(tx, row.channel, body)
    enter_amendment(tx, document, logged=False)
    _send(tx, document)
    return amendment_view(tx, row, find_amendment(tx, row, document.digest.hex()))


def agree(tx: Tx, matter: str, amendment: str) -> AmendmentView:
    """Sign another party's amendment. `amendment`: its digest."""
    row = find_matter(tx, matter)
    found = find_amendment(tx, row, amendment)
    view = amendment_view(tx, row, found)
    if view.superseded:
        raise Conflict(
            message("another amendment was agreed to before this one"), message("ask its proposer to propose it anew")
        )
    signatures = get_signatures(tx.connection, row.channel, found.digest, logged=False)
    if tx.authority not in present_parties(tx.connection, row.channel):
        raise Conflict(message("this authority is no party of the matter, so its agreement is not needed"))
    if tx.authority not in signatures:
        proposal = peek_document(signatures[found.proposer])
        consent = peek_document(sign_consent(proposal, tx.identity.document_signer()))
        enter_amendment(tx, consent, logged=False)
        channels.enqueue(tx, row.channel, consent.envelope, consent.payload.message_id)
        record(
            tx,
            EventKind.DOCUMENT_SENT,
            message("agreed to add {adds}", adds=tuple(found.adds)),
            channel=row.channel,
            document=consent.payload.message_id,
            author=tx.authority,
        )
    return amendment_view(tx, row, found)


def share(tx: Tx, matter: str, documents: Sequence[str]) -> list[str]:
    """Send earlier documents again, with their original signatures, for parties who came later. Gives their ids."""
    row = find_matter(tx, matter)
    shared = []
    for given in documents:
        found = find_document(tx, given)
        if found.channel != row.channel:
            raise RefusedInput(
                message("the document {given} is in another matter", given=given),
                message("only this matter's can be shared in it"),
            )
        if found.seq is None or found.stage == Stage.VOID or found.kind == Charter.KIND:
            raise Conflict(
                message("the document {given} cannot be shared: it is void, or not in the log yet", given=given)
            )
        channels.share(tx, row.channel, get_envelope(tx.connection, found.row), found.id, found.seq, found.row)
        shared.append(found.id.hex())
    return shared


def leave(tx: Tx, matter: str, reason: str = "") -> Sent:
    """Give notice to leave a matter; another party's node carries it out."""
    row = find_matter(tx, matter)
    return _send(tx, sign(tx, row.channel, _body({"reason": reason}, Leave)))


def close(tx: Tx, matter: str, reason: str = "") -> Sent:
    """Close a matter that this authority founded, for every party. Raises NotAllowed, Conflict, NotFound."""
    row = find_matter(tx, matter)
    check_may_close(tx, row)
    document = sign(tx, row.channel, _body({"reason": reason}, Closing))
    sent = _send(tx, document)
    closing_sent(tx, document)
    return sent


def _open(tx: Tx, purpose: Purpose, subject: str, addressees: tuple[str, ...], urgency: Urgency) -> bytes:
    """Found a matter's channel under a charter that this authority signs; gives its id."""
    channel, relay = tx.random(CHANNEL_ID), own_relay(tx)
    fields = {
        "purpose": purpose.value,
        "subject": subject,
        "home_relay": relay,
        "parties": [tx.authority, *addressees],
        "urgency": urgency.value,
    }
    charter = sign(tx, channel, _body(fields, Charter))
    enter_matter(tx, charter, Stage.QUEUED)
    channels.found(
        tx, channel=channel, kind=Kind.MATTER, relay=relay, members=addressees, charter_digest=charter.digest
    )
    return channel


def _send(tx: Tx, document: UnverifiedDocument, attachments: Sequence[str] = ()) -> Sent:
    send(tx, document, attachments)
    return Sent(matter=document.payload.channel, document=document.payload.id)


def _body(fields: Mapping[str, Any], kind: type[B]) -> B:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("the {kind} is not well formed: {error}", kind=in_words(kind.KIND), error=misfit_of(error, kind)),
            message("correct that field"),
        ) from None


def _new_thread(tx: Tx, subject: str) -> Thread:
    try:
        return msgspec.convert({"id": tx.random(MESSAGE_ID).hex(), "subject": subject}, Thread)
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("the subject is not well formed: {error}", error=text_of(error)), message("give a single line")
        ) from None


def _others(tx: Tx, matter: MatterRow) -> tuple[str, ...]:
    others = tuple(sorted(present_parties(tx.connection, matter.channel) - {tx.authority}))
    if not others:
        raise NotFound(message("nobody else is left in this matter"), message("open another one"))
    return others
