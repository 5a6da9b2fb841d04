"""The texts of a dossier, for people. Everything in them follows from the machine part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from rogatory.protocol.attachments import safe_name
from rogatory.protocol.documents import Payload, Request, letter_of
from rogatory.protocol.dossier.account import Told, named_together
from rogatory.protocol.dossier.manifest import ATTACHMENTS, DOCUMENTS, File
from rogatory.protocol.dossier.moments import moment
from rogatory.protocol.dossier.statements import Told as Stated

_RULE: Final = "-" * 72
_NO_LIMITS: Final = "No document of this matter sets use limits or handling codes."


def text_name(told: Told) -> str:
    """A document's member: `documents/001 request ke.central 2026-11-23.txt`."""
    return f"{DOCUMENTS}{told.number:03d} {told.kind} {told.signer} {told.written_at[:10]}.txt"


def attachment_name(number: int, place: int, name: str) -> str:
    """An attachment's member, kept apart from others of the same name."""
    return f"{ATTACHMENTS}{number:03d}-{place} {safe_name(name)}"


def document_text(
    told: Told, payload: Payload, files: Sequence[File], limits: Sequence[str], stated: Iterable[Stated], of: int
) -> str:
    """One document, with what is shown of its way. `limits`: of the whole matter; `stated`: of it by nodes; `of`: how
    many documents there are.
    """
    lines = [*limits, ""] if limits else []
    lines += [f"DOCUMENT {told.number} OF {of}: {told.kind.replace('_', ' ').upper()}", ""]
    lines += [f"{label + ':':<13}{text}" for label, text in (*_head(told, payload), *_stated(stated))]
    lines += [_RULE, ""]
    body = letter_of(payload.body).rstrip("\n").split("\n") if isinstance(payload.body, Request) else _body(payload)
    lines += body
    if told.annexes:
        lines += ["", _RULE, "ATTACHMENTS"]
        lines += [line for place, _ in enumerate(told.annexes, 1) for line in _attachment(told, files, place)]
    return "\n".join(lines) + "\n"


def chronology(told: Sequence[Told], limits: Sequence[str], subject: str) -> str:
    """Who said what to whom when, and where the request stood after it."""
    lines = [*limits, ""] if limits else []
    lines += [f"CHRONOLOGY: {subject or 'no subject'}", ""]
    lines += [
        "In the order of the log. Times are UTC: a document was there at the latest then, by the relay's receipt.",
        "",
    ]
    for each in told:
        lines.append(f"{each.number:03d}  {_when(each)}  {each.signer} to {_to(each)}")
        lines.append(f"     {each.kind.replace('_', ' ')}{': ' if each.title else ''}{each.title}")
        if each.void is not None:
            lines.append(f"     {_reason(each)}")
        elif each.state is not None:
            lines.append(f"     the request is then: {each.state.replace('_', ' ')}")
        if each.place.opened_by:
            lines.append(f"     opened by: {', '.join(each.place.opened_by)}")
        lines.append("")
    return "\n".join(lines)


def readme(
    told: Sequence[Told],
    files: Sequence[File],
    limits: Sequence[str],
    subject: str,
    *,
    authority: str,
    channel: str,
    exported_at: str,
    root: str,
) -> str:
    """What the file is and how it is checked. `root`: the fingerprint of the directory's root in it."""
    missing = [each for each in files if each.member is None]
    unproven = [each for each in told if each.place.at is None]
    state = next((each.state for each in reversed(told) if each.state is not None), None)
    lines = [
        "DOSSIER OF A MATTER",
        "",
        f"Subject:     {subject or '(none)'}",
        f"Authorities: {', '.join(named_together(told))}",
        *([] if state is None else [f"The request: {state.replace('_', ' ')}"]),
        f"Exported by: {authority}, on {exported_at} by its own clock",
        f"Matter:      {channel}",
        "",
        "USE",
        *(limits or [_NO_LIMITS]),
        "Whoever holds this file holds everything that was said in the matter, unencrypted. Handle it accordingly.",
        "",
        "WHAT IS IN IT",
        "chronology.txt   who said what to whom, when, and where the request stood after it",
        f"documents/       {len(told)} documents, one text each, in the order in which they came into the log",
        f"attachments/     {len(files) - len(missing)} files, as they were attached ({len(missing)} more are not here)",
        "machine/         what proves it: signed documents, receipts, acknowledgements, and the directory of keys",
        "",
        "HOW TO CHECK IT",
        "With Rogatory, on any computer, also one that was never online:",
        "",
        "    rogatory-keys verify THIS-FILE.zip --root root.json",
        "",
        "root.json is what all trust starts from: get it from a trustee of the directory, not from whoever gave you",
        "this file. Without it, compare the fingerprint of the root in this file with what a trustee tells you:",
        "",
        f"    rogatory-keys verify THIS-FILE.zip --fingerprint '{root}'",
        "",
        "The command says of each document who signed it, when it was there at the latest, who opened it, and what is",
        "not proven. It finds any change of this file, were it one bit. Do not unpack the file and pack it again: the",
        "copy would be another file. The texts are made from what is in machine/, and the command compares them.",
    ]
    if related := [line for each in told if each.void is None for line in _related(each)]:
        lines += ["", "RELATED REQUESTS (each is a matter of its own, and not in this file)", *related]
    if missing:
        lines += ["", "ATTACHMENTS THAT ARE NOT HERE"]
        lines += [f"document {each.number}, file {each.place}: {each.missing}" for each in missing]
    if unproven:
        numbers = ", ".join(str(each.number) for each in unproven)
        lines += ["", f"WITHOUT A RECEIPT (nothing but their own date says when they were there): documents {numbers}"]
        lines += ["What others said last has one as soon as the exporter's node has said something after it."]
    return "\n".join(lines) + "\n"


def _related(told: Told) -> Iterator[str]:
    for each in told.related:
        relation = each.words or str(each.relation or "")
        digest = f", digest {each.digest}" if each.digest else ""
        yield f"{relation}: {each.reference}{digest}"


def _head(told: Told, payload: Payload) -> Iterator[tuple[str, str]]:
    yield "From", told.signer if told.signer == told.author else f"{told.signer}, who agrees to a text by {told.author}"
    yield "To", _to(told)
    yield "Dated", f"{told.written_at} by its author"
    if payload.thread is not None:
        yield "Thread", payload.thread.subject or payload.thread.id
    place = "not shown" if told.place.seq is None else f"entry {told.place.seq}"
    if told.place.at is not None:
        place += f", there at the latest on {moment(told.place.at)} by a receipt of {told.place.relay}"
    yield "In the log", place
    yield "Opened by", ", ".join(told.place.opened_by) or "nobody else, as far as this dossier shows"
    if told.void is not None:
        yield "Effect", _reason(told)
    elif told.state is not None:
        yield "After it", f"the request is {told.state.replace('_', ' ')}"
    yield "Signed with", f"key set {told.key_set} of {told.signer}"
    yield "Id", told.id
    yield "Digest", told.digest


def _stated(stated: Iterable[Stated]) -> Iterator[tuple[str, str]]:
    for each in stated:
        yield "Evidence" if each.is_current else "Superseded", f"{each.text} (document {each.number})"


def _attachment(told: Told, files: Sequence[File], place: int) -> Iterator[str]:
    annex = told.annexes[place - 1]
    file = next((each for each in files if (each.number, each.place) == (told.number, place)), None)
    yield f"{place}. {annex.name} ({annex.media_type}, {annex.size} bytes){': ' + annex.title if annex.title else ''}"
    yield f"   SHA-256 {annex.sha256}"
    if file is None or file.member is None:
        yield f"   not in this dossier: {'it did not come with the document' if file is None else file.missing}"
    else:
        yield f"   {file.member}"


def _body(payload: Payload) -> list[str]:
    said: dict[str, Any] = msgspec.to_builtins(payload.body)
    return [line for name, value in said.items() if name != "annexes" for line in _field(name, value, "")] or [
        "(empty)"
    ]


def _field(name: str, value: Any, margin: str) -> Iterator[str]:
    label = f"{margin}{name.replace('_', ' ')}:"
    if value in (None, "", [], (), {}, False):
        return
    if isinstance(value, dict):
        yield label
        for each, inner in value.items():
            yield from _field(each, inner, margin + "    ")
    elif isinstance(value, (list, tuple)) and any(isinstance(each, dict) for each in value):
        yield label
        for number, inner in enumerate(value, 1):
            yield from _field(str(number), inner, margin + "    ")
    else:
        text = (
            ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else "yes" if value is True else str(value)
        )
        written = text.splitlines()
        if len(written) == 1 and len(text) <= 100:
            yield f"{label} {text}"
        else:
            yield label
            yield from (f"{margin}    {line}" for line in written)


def _when(told: Told) -> str:
    return "(no receipt)           " if told.place.at is None else moment(told.place.at)


def _to(told: Told) -> str:
    return ", ".join(told.addressees) if told.addressees else "everybody in the matter"


def _reason(told: Told) -> str:
    if told.gap:
        return f"EFFECT NOT KNOWN: steps before it are not in this dossier ({told.void})"
    return f"WITHOUT EFFECT{', says the exporter' if told.judged else ''}: {told.void}"
