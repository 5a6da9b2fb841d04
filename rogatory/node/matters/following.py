"""A draft of a request that follows an earlier one up: what is known of it filled in, its limits kept."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.views import View
from rogatory.node.matters.course import request_of
from rogatory.node.matters.lookup import find_matter
from rogatory.node.store.documents import get_envelope
from rogatory.node.transaction import Tx
from rogatory.protocol.documents import (
    FORMS,
    Kept,
    Relation,
    Request,
    UnsoundDocument,
    keep_limits,
    peek_document,
    template_of,
)
from rogatory.protocol.text import message, text_of

_NEW: Final = frozenset(
    {"reference", "related", "annexes", "translations", "officers", "use_limits", "confidentiality"}
    | {"urgency", "urgency_reason", "deadline", "deadline_reason"}
)
"""Fields of a request that the one following it says anew."""
_OF_ANOTHER: Final = frozenset({"subject", "language", "legal_basis"})
"""What is taken from a request that another authority made."""
_TRANSFERS: Final = frozenset({"proceedings_transfer", "sentenced_person_transfer", "detained_person_transfer"})


class FollowUp(View, frozen=True, kw_only=True):
    """A request to fill in, and whom to send it to."""

    to: list[str]
    request: dict[str, Any]


def follow_up(
    tx: Tx, matter: str, *, form: str | None = None, relation: str | None = None, words: str = ""
) -> FollowUp:
    """Prepare a request of a form that names the matter's request. Raises NotFound, Conflict, RefusedInput.

    Without a form: stored data after a preservation, else the same again. What an own request says is copied, of
    another authority's no more than its subject; the limits of either are kept.
    """
    row = find_matter(tx, matter)
    document = request_of(tx, row)
    if document is None:
        raise Conflict(
            message("the matter has no request that the log has, to be followed up"),
            message("see where the matter stands: rogatory-node matter show MATTER"),
        )
    payload = peek_document(get_envelope(tx.connection, document.row)).payload
    earlier = payload.body
    assert isinstance(earlier, Request)
    chosen = form or ("stored_data" if earlier.form == "preservation" else earlier.form)
    if chosen not in FORMS:
        raise RefusedInput(
            message("{form} is no form of request", form=repr(chosen)),
            message("choose one of: rogatory-node request forms"),
        )
    own = payload.author == tx.authority
    named = {
        "reference": earlier.reference,
        "digest": document.digest.hex(),
        "relation": _relation(relation, earlier.form, chosen),
        "words": words,
    }
    try:
        kept = keep_limits([payload], Kept(None, None))
    except UnsoundDocument as error:
        raise RefusedInput(text_of(error), message("state them in a file of its own, and annex it")) from None
    said = _taken(earlier, FORMS[chosen], own=own)
    limits = {name: value for name, value in kept._asdict().items() if value is not None}
    request = _as_json(template_of(chosen) | said | limits | {"related": [named]})
    if not own:
        request.pop("requesting_authority")  # the directory has it
    return FollowUp(to=list(payload.addressees) if own else [payload.author], request=request)


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(values))
    return read


def _taken(earlier: Request, form: type[Request], *, own: bool) -> dict[str, Any]:
    """What the two forms have in common."""
    shared = next(each for each in type(earlier).__mro__ if issubclass(form, each))
    names = {field.name for field in msgspec.structs.fields(shared)} - _NEW
    said: dict[str, Any] = msgspec.to_builtins(earlier)
    taken = {name: said[name] for name in (names if own else names & _OF_ANOTHER) if said[name]}
    if own and form is FORMS["stored_data"] and earlier.form == "preservation":
        taken["preserved_under"] = earlier.reference
    return taken


def _relation(given: str | None, earlier: str, later: str) -> str:
    if given is None:
        if earlier == "preservation" and later != "preservation":
            return Relation.PRESERVATION.value
        transferred = later in _TRANSFERS and earlier != later
        return Relation.TRANSFER.value if transferred else Relation.SUPPLEMENT.value
    if given not in set(Relation):
        raise RefusedInput(
            message("{relation} is no relation of requests", relation=repr(given)),
            message("choose one of: {relations}", relations=tuple(each.value for each in Relation)),
        )
    return given
