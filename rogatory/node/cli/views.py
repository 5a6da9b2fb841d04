"""Matters and documents as text."""

from __future__ import annotations

from typing import Any

from rogatory.node.cli.show import short, show_fields, show_json, show_line, show_table


def show_matters(matters: list[dict[str, Any]]) -> None:
    """A list of matters."""
    show_table(
        ("matter", "kind", "subject", "state", "parties", "documents", "changed"),
        [
            (
                short(matter["matter"]),
                matter["kind"],
                matter["subject"],
                f"{matter['state']}, closed" if matter["closed"] else matter["state"],
                matter["parties"],
                matter["documents"],
                matter["changed_at"],
            )
            for matter in matters
        ],
        "no matters",
    )


def show_matter(matter: dict[str, Any], documents: list[dict[str, Any]]) -> None:
    """A whole matter: what it is, who takes part, and every document in the order of its log."""
    show_fields(
        [
            ("matter", matter["matter"]),
            ("kind", matter["kind"]),
            ("subject", matter["subject"]),
            ("state", matter["state"]),
            ("next steps", matter["next_steps"]),
            ("opened", f"{matter['opened_at']} by {matter['creator']}"),
            ("relay", matter["relay"]),
            ("closed", _closed(matter["closed"])),
            ("trouble", matter["trouble"]),
        ]
    )
    show_table(
        ("party", "role", "reference", "in the channel", "keys", "confirmed here"),
        [
            (
                party["authority"],
                f"{party['role']}, left" if party["left"] else party["role"],
                party["reference"],
                party["authority"] in matter["members"],
                (party["keys"] or "struck off").replace("_", " "),
                party["confirmed_at"],
            )
            for party in matter["parties"]
        ],
        "no parties",
    )
    for amendment in matter["amendments"]:
        show_amendment(amendment)
    for document in documents:
        show_line("")
        show_document(document)


def _closed(closed: dict[str, Any] | None) -> str | None:
    if closed is None:
        return None
    keys = f"keys deleted here {closed['keys_gone_at']}" if closed["keys_gone_at"] else "keys kept for late members"
    return f"by {closed['by']} at entry {closed['seq']}, {closed['at']}; {keys}"


def show_amendment(amendment: dict[str, Any]) -> None:
    """A proposal to add parties, in a line or two."""
    adds, digest = ", ".join(amendment["adds"]), short(amendment["digest"])
    if amendment["effective"]:
        stage = "in effect"
    elif amendment["superseded"]:
        stage = "superseded"
    elif amendment["complete"]:
        stage = "agreed to by all, not in effect yet"
    else:
        stage = f"waits for {', '.join(amendment['waiting_for'])}"
    show_line(f"amendment {digest} of {short(amendment['matter'])} adds {adds}: {stage} ({amendment['reason']})")


def show_sent(answer: dict[str, Any], as_json: bool) -> None:
    """What became of a document that was to be sent."""
    if as_json:
        show_json(answer)
    elif "draft" in answer:
        show_line(f"prepared: draft {short(answer['draft'])} waits for a second officer: approval give")
    else:
        show_line(f"signed and queued: document {short(answer['document'])} in matter {short(answer['matter'])}")


def show_document(document: dict[str, Any]) -> None:
    """A document: what it says, and what is proven of its way."""
    thread = document["thread"]
    show_line(f"{document['kind']} {short(document['id'])} from {document['author']}: {document['title']}")
    for limit in document["limits"]:
        show_line(f"  {limit}")
    receipt = document["receipt"]
    show_fields(
        [
            ("  written", document["written_at"]),
            ("  in the log", _place(document)),
            ("  thread", f"{thread['subject']} ({short(thread['id'])})" if thread else None),
            ("  in reply to", short(document["in_reply_to"])),
            ("  stage", document["stage"]),
            ("  void", document["void"]),
            (
                "  relay's receipt",
                f"{receipt['relay']}, entry {receipt['seq']}, {receipt['time']}" if receipt else None,
            ),
            ("  to", [_delivery(delivery) for delivery in document["deliveries"]]),
        ]
    )
    show_fields((f"  {name.replace('_', ' ')}", value) for name, value in document["body"].items())


def _place(document: dict[str, Any]) -> str | None:
    """Where a document stands in the log; a charter came with an invitation, which tells no time."""
    if document["seq"] is None:
        return None
    entry = f"entry {document['seq']}"
    return f"{entry}, {document['logged_at']}" if document["logged_at"] else entry


def _delivery(delivery: dict[str, Any]) -> str:
    if delivery["excepted"]:
        return f"{delivery['authority']} (could not open it)"
    if delivery["acknowledged_at"]:
        return f"{delivery['authority']} (acknowledged {delivery['acknowledged_at']})"
    return f"{delivery['authority']} (not acknowledged yet)"
