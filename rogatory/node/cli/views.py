"""Matters and documents as text."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rogatory.languages import say, word
from rogatory.node.cli.show import moment, short, show_fields, show_json, show_line, show_named, show_table
from rogatory.protocol.text import in_words, message

EVIDENCE: Final = "evidence"


def show_matters(matters: list[dict[str, Any]]) -> None:
    """A list of matters."""
    show_table(
        (
            message("matter"),
            message("kind"),
            message("subject"),
            message("state"),
            message("parties"),
            message("documents"),
            message("changed"),
        ),
        [
            (
                short(matter["matter"]),
                word(matter["kind"]),
                matter["subject"],
                _state(matter),
                matter["parties"],
                matter["documents"],
                matter["changed_at"],
            )
            for matter in matters
        ],
        message("no matters"),
    )


def show_matter(matter: dict[str, Any], documents: list[dict[str, Any]]) -> None:
    """A whole matter: what it is, who takes part, and every document in the order of its log."""
    show_fields(
        [
            (message("matter"), matter["matter"]),
            (message("kind"), word(matter["kind"])),
            (message("subject"), matter["subject"]),
            (message("state"), word(matter["state"])),
            (message("next steps"), [_step(code) for code in matter["next_steps"]]),
            (message("opened"), message("{time} by {who}", time=moment(matter["opened_at"]), who=matter["creator"])),
            (message("relay"), matter["relay"]),
            (message("closed"), _closed(matter["closed"])),
            (message("trouble"), matter["trouble"]),
        ]
    )
    show_table(
        (
            message("party"),
            message("role"),
            message("reference"),
            message("in the channel"),
            message("keys"),
            message("confirmed here"),
        ),
        [
            (
                party["authority"],
                message("{role}, left", role=in_words(party["role"])) if party["left"] else word(party["role"]),
                party["reference"],
                party["authority"] in matter["members"],
                word(party["keys"]) if party["keys"] else message("struck off"),
                party["confirmed_at"],
            )
            for party in matter["parties"]
        ],
        message("no parties"),
    )
    show_related(matter["related"])
    for amendment in matter["amendments"]:
        show_amendment(amendment)
    for document in documents:
        if document["kind"] != EVIDENCE:  # what it states stands at the documents that it is about
            show_line("")
            show_document(document)


def _state(matter: dict[str, Any]) -> str:
    return message("{state}, closed", state=in_words(matter["state"])) if matter["closed"] else word(matter["state"])


def _closed(closed: dict[str, Any] | None) -> str | None:
    if closed is None:
        return None
    if closed["keys_gone_at"]:
        keys = message("keys deleted here {time}", time=moment(closed["keys_gone_at"]))
    else:
        keys = message("keys kept for late members")
    return message(
        "by {who} at entry {seq}, {time}; {keys}",
        who=closed["by"],
        seq=closed["seq"],
        time=moment(closed["at"]),
        keys=keys,
    )


def _step(code: str) -> str:
    """A step in words, with the code that `--outcome` takes where that is another."""
    worded = in_words(code)
    return word(code) if word(code) == code else message("{worded} ({code})", worded=worded, code=code)


def show_amendment(amendment: dict[str, Any]) -> None:
    """A proposal to add parties, in a line or two."""
    if amendment["effective"]:
        stage = message("in effect")
    elif amendment["superseded"]:
        stage = message("superseded")
    elif amendment["complete"]:
        stage = message("agreed to by all, not in effect yet")
    else:
        stage = message("waits for {parties}", parties=tuple(amendment["waiting_for"]))
    show_line(
        message(
            "amendment {digest} of {matter} adds {adds}: {stage} ({reason})",
            digest=short(amendment["digest"]),
            matter=short(amendment["matter"]),
            adds=tuple(amendment["adds"]),
            stage=stage,
            reason=amendment["reason"],
        )
    )


def show_related(related: list[dict[str, Any]]) -> None:
    """The requests that this one names, and those that name it."""
    if related:
        show_table(
            (
                message("related request"),
                message("relation"),
                message("reference"),
                message("matter"),
                message("subject"),
                message("state"),
            ),
            [
                (
                    word(each["stands"]),
                    each["words"] or word(each["relation"]),
                    each["reference"],
                    short(each["matter"]) or message("not found here"),
                    each["subject"],
                    word(each["state"]) if each["state"] else None,
                )
                for each in related
            ],
            message("no matters"),
        )


def show_letter(letter: dict[str, Any]) -> None:
    """A request to be printed, between its limits."""
    for limit in letter["limits"]:
        show_line(limit)
    show_fields(
        [
            (message("from"), letter["author"]),
            (message("to"), letter["addressees"]),
            (message("in the log since"), letter["received_at"]),
            (message("references"), [f"{name}: {reference}" for name, reference in letter["references"].items()]),
            (message("document"), letter["document"]),
            (message("digest"), letter["digest"]),
        ]
    )
    show_line("")
    show_line(letter["letter"].rstrip("\n"))
    for limit in letter["limits"]:
        show_line(limit)


def show_sent(answer: dict[str, Any], as_json: bool) -> None:
    """What became of a document that was to be sent."""
    if as_json:
        show_json(answer)
    elif "draft" in answer:
        show_line(
            message(
                "prepared: draft {draft} waits for a second officer, "
                "who sends it with: rogatory-node --officer ID approval give {draft}",
                draft=short(answer["draft"]),
            )
        )
    else:
        show_line(
            message(
                "signed and queued: document {document} in matter {matter}",
                document=short(answer["document"]),
                matter=short(answer["matter"]),
            )
        )


def show_document(document: dict[str, Any]) -> None:
    """A document: what it says, and what is proven of its way."""
    thread = document["thread"]
    show_line(
        message(
            "{kind} {document} from {author}: {title}",
            kind=in_words(document["kind"]),
            document=short(document["id"]),
            author=document["author"],
            title=document["title"],
        )
    )
    for limit in document["limits"]:
        show_line(limit, indent=2)
    show_fields(
        [
            (message("written"), document["written_at"]),
            (message("in the log"), _place(document)),
            (message("thread"), f"{thread['subject']} ({short(thread['id'])})" if thread else None),
            (message("in reply to"), short(document["in_reply_to"])),
            (message("stage"), word(document["stage"])),
            (message("void"), document["void"]),
            (message("relay's receipt"), _receipt(document["receipt"])),
            (message("to"), [_delivery(delivery) for delivery in document["deliveries"]]),
            (message("evidences"), _said(document["evidences"])),
            (message("superseded"), _said(document["superseded"])),
        ],
        indent=2,
    )
    _show_body(document["kind"], document["body"])


def _said(evidences: list[dict[str, Any]]) -> str:
    return "\n".join(each["says"] for each in evidences)


def _show_body(kind: str, body: dict[str, Any]) -> None:
    """What a document says: a request as its letter words it."""
    # Imported here: other commands start in less time without the forms of requests.
    from rogatory.protocol.documents import FORMS, fields_of
    from rogatory.protocol.documents.registry import KINDS
    from rogatory.protocol.documents.requests.letter import paragraphs_of

    form = FORMS.get(body.get("form", ""))
    if form is None:
        choices = {field.name for field in fields_of(KINDS[kind]) if field.choices and not field.many}
        show_named(
            ((name, word(value) if name in choices and value else value) for name, value in body.items()), indent=2
        )
    else:
        told = paragraphs_of(msgspec.convert(body, form), say)
        show_fields(((each.label, "\n".join(each.lines)) for each in told), indent=2)


def _place(document: dict[str, Any]) -> str | None:
    """Where a document stands in the log; a charter came with an invitation, which tells no time."""
    if document["seq"] is None:
        return None
    if not document["logged_at"]:
        return message("entry {seq}", seq=document["seq"])
    return message("entry {seq}, {time}", seq=document["seq"], time=moment(document["logged_at"]))


def _receipt(receipt: dict[str, Any] | None) -> str | None:
    if receipt is None:
        return None
    time = moment(receipt["time"])
    return message("{relay}, entry {seq}, {time}", relay=receipt["relay"], seq=receipt["seq"], time=time)


def _delivery(delivery: dict[str, Any]) -> str:
    if delivery["excepted"]:
        return message("{authority} (could not open it)", authority=delivery["authority"])
    if delivery["acknowledged_at"]:
        time = moment(delivery["acknowledged_at"])
        return message("{authority} (acknowledged {time})", authority=delivery["authority"], time=time)
    return message("{authority} (not acknowledged yet)", authority=delivery["authority"])
