"""From the fields that an officer fills in to a request fit to be signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from rogatory.languages.catalogues import SOURCE
from rogatory.node.errors import RefusedInput
from rogatory.node.inbox.views import View
from rogatory.node.matters.addressing import check_addressees
from rogatory.node.matters.formalities import Remark, contact_of, remarks_on
from rogatory.node.matters.related import check_related, faults_of
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import FORMS, Request, Urgency, gaps_of, letter_of, misfit_of, untouched_in
from rogatory.protocol.documents.requests.letter import Say
from rogatory.protocol.text import message

DEFAULT_FORM: Final = "mutual_legal_assistance"


class GapView(View, frozen=True, kw_only=True):
    """An essential part that is missing, and the article that asks for it."""

    what: str
    article: str


class UntouchedView(View, frozen=True, kw_only=True):
    """A field that still holds the template's hint. `field`: its name in the file."""

    field: str
    what: str
    essential: bool


class RequestCheck(View, frozen=True, kw_only=True):
    """What stands between a request and its sending, and the letter as it would be sent."""

    gaps: list[GapView]
    untouched: list[UntouchedView]
    remarks: list[Remark]
    letter: str


def prepare_request(tx: Tx, addressees: Sequence[str], fields: Mapping[str, Any], *, insist: bool) -> Request:
    """The request, with what the directory knows filled in.

    Raises RefusedInput for malformed fields, and for what an addressee's entry objects to unless one insists.
    """
    request = _filled(tx, addressees, fields)
    check_related(tx, addressees, request, insist=insist)
    _refuse_hints(request)
    refuse_past(tx, "deadline", request.deadline)
    objections = [remark for remark in _remarks(tx, addressees, request) if remark.blocks]
    if objections and not insist and not gaps_of(request):  # gaps are named first, when it is signed
        said = tuple(
            message(
                "{authority}: {remark} ({article})",
                authority=remark.authority,
                remark=remark.text,
                article=remark.article,
            )
            for remark in objections
        )
        raise RefusedInput(
            message("{objections}", objections=said),
            message("mend the request, or send it all the same with: --insist"),
        )
    return request


def refuse_past(tx: Tx, field: str, day: str | None) -> None:
    """A term that is over before it is set is a slip of the pen; a day is left for zones in which it is still today."""
    try:
        over = (
            day is not None
            and date.fromisoformat(day) < (datetime.fromtimestamp(tx.now, UTC) - timedelta(days=1)).date()
        )
    except ValueError:  # no day of the calendar: signing refuses that by name
        return
    if over:
        raise RefusedInput(message("{field} {day} is past", field=field, day=day), message("write a day to come"))


def check_request(tx: Tx, to: Sequence[str], fields: Mapping[str, Any], say: Say = str) -> RequestCheck:
    """Look a request over without sending it; `say` words its letter. Raises RefusedInput, NotFound, Conflict."""
    addressees = check_addressees(tx, to)
    request = _filled(tx, addressees, fields)
    return RequestCheck(
        gaps=[GapView(what=gap.what, article=gap.article) for gap in gaps_of(request)],
        untouched=[
            UntouchedView(field=each.path, what=each.label, essential=each.essential) for each in untouched_in(request)
        ],
        remarks=[*_on_related(tx, addressees, request), *_remarks(tx, addressees, request)],
        letter=letter_of(request, say),
    )


def _refuse_hints(request: Request) -> None:
    """A hint of the template that was not written over is no request: whoever executes it would read the hint."""
    left = tuple(
        message("{what} ({field})", what=each.label, field=each.path)
        for each in untouched_in(request)
        if each.essential
    )
    if left:
        raise RefusedInput(
            message("the template's hint still stands in: {fields}", fields=left),
            message("write what belongs there; see the letter with: rogatory-node request check"),
        )


def _remarks(tx: Tx, addressees: Sequence[str], request: Request) -> list[Remark]:
    return remarks_on(request, [tx.directory.authority(authority) for authority in addressees])


def _on_related(tx: Tx, addressees: Sequence[str], request: Request) -> list[Remark]:
    return [
        Remark(authority=tx.authority, blocks=True, text=fault.text, article="practice")
        for fault in faults_of(tx, addressees, request)
    ]


def _filled(tx: Tx, addressees: Sequence[str], fields: Mapping[str, Any]) -> Request:
    if "officers" in fields:
        raise RefusedInput(
            message("who prepared and approved is told by the node itself"), message("leave the field officers out")
        )
    form = fields.get("form", DEFAULT_FORM)
    if not isinstance(form, str) or form not in FORMS:
        raise RefusedInput(
            message("{form} is no form of request", form=repr(form)),
            message("choose one of: rogatory-node request forms"),
        )
    urgent = fields.get("urgency", Urgency.ROUTINE.value) != Urgency.ROUTINE.value
    language = str(fields.get("language", SOURCE))
    known = {"requested_authority": _contacts(tx, addressees, urgent=urgent, language=language)}
    if tx.authority in tx.directory.authority_entries:
        own = contact_of(tx.directory.authority(tx.authority), urgent=urgent, language=language)
        name, _, contact = own.partition("\n")
        known |= {"requesting_authority": name, "contact": contact}
    try:
        return msgspec.convert({**known, **fields, "form": form}, FORMS[form])
    except msgspec.ValidationError as error:
        raise RefusedInput(
            message("the request is not well formed: {error}", error=misfit_of(error, FORMS[form])),
            message("correct that field"),
        ) from None


def _contacts(tx: Tx, addressees: Sequence[str], *, urgent: bool, language: str) -> str:
    entries = (tx.directory.authority(authority) for authority in addressees)
    return "\n\n".join(contact_of(entry, urgent=urgent, language=language) for entry in entries)
