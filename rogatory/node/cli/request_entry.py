"""Guided entry: one question for each field of a form, in the order of its letter."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import typer

from rogatory.languages import plainly, say, word
from rogatory.node.cli.show import console, show_line
from rogatory.protocol.documents import FORMS, Field, Shape, fields_of, gaps_of, misfit_of
from rogatory.protocol.documents.requests.asking import always
from rogatory.protocol.text import Message, message

_NOT_ASKED: Final = frozenset(
    {"annexes", "translations", "officers", "requesting_authority", "contact", "requested_authority"}
)
"""Files are named when the request is sent; the node knows its officers, and both sides from the directory."""


def enter_request(form: str, values: dict[str, Any]) -> None:
    """Ask for the fields of a form until nothing essential is missing. Empty answers leave fields out.

    `values` takes each answer as it comes, so that whoever stops half-way keeps them.
    """
    kind = FORMS[form]
    values |= {"form": form, "reference": "", "language": "en"}
    show_line(message("An empty answer leaves a field out. Ctrl-C stops and keeps what was entered."))
    section = None
    for field in fields_of(kind):
        if field.name in _NOT_ASKED:
            continue
        if field.section is not section:
            section = field.section
            console().print(f"\n{word(section.value)}", style="bold")
        _ask_until_sound(values, field, kind)


def _ask_until_sound(values: dict[str, Any], field: Field, kind: type[msgspec.Struct]) -> None:
    while True:
        given = _ask(field)
        trial = values | ({} if given is None else {field.name: given})
        try:
            request = msgspec.convert(trial, kind)
        except msgspec.ValidationError as error:
            show_line(misfit_of(error, kind), indent=2)
            continue
        if (
            given is None
            and field.ask.essential(request)
            and any(gap.what == field.ask.label for gap in gaps_of(request))
        ):
            show_line(message("this cannot be left out: {article}", article=field.ask.article), indent=2)
            continue
        values.update(trial)
        return


def _ask(field: Field) -> Any:
    """The answer as a JSON value, or None for an empty one."""
    if field.many and (field.part is not None):
        return _ask_parts(field)
    if field.part is not None:
        return _ask_part(field, field.part) if _confirmed(field) else None
    for worded in field.worded:
        show_line(worded, indent=2)
    given = _line(_wording(field))
    if not given:
        return None
    words = [word.strip() for word in given.split(",")] if field.many else [given]
    read = [_read(field, word) for word in words]
    return read if field.many else read[0]


def _confirmed(field: Field) -> bool:
    asked = message("{field}: fill in?", field=_wording(field))
    return typer.confirm(say(asked), default=field.ask.essential is always)


def _ask_parts(field: Field) -> list[dict[str, Any]] | None:
    assert field.part is not None
    parts: list[dict[str, Any]] = []
    wording = _wording(field)
    asked = message("{field}: add one?", field=wording)
    while typer.confirm(say(asked), default=False):
        parts.append(_ask_part(field, field.part))
        asked = message("{field}: add another?", field=wording)
    return parts or None


def _ask_part(field: Field, part: type[msgspec.Struct]) -> dict[str, Any]:
    while True:
        answers = {each.name: answer for each in fields_of(part) if (answer := _ask(each)) is not None}
        try:
            msgspec.convert(answers, part)
        except msgspec.ValidationError as error:
            again = message("{error}; {field} once more", error=misfit_of(error, part), field=field.ask.label)
            show_line(again, indent=2)
            continue
        return answers


def _read(field: Field, word: str) -> Any:
    if field.shape is Shape.YES_NO:
        return word.lower() in {"y", "yes", "true", "1", plainly(True).lower()}
    if field.shape is Shape.NUMBER and word.isdigit():
        return int(word)
    return word


def _wording(field: Field) -> Message:
    hints: list[str] = [field.ask.article]
    if field.choices:
        hints.append("/".join(field.choices))
    if field.many:
        hints.append(message("separated by commas"))
    if field.shape is Shape.DATE:
        hints.append(message("YYYY-MM-DD"))
    return message("{field} ({hints})", field=field.ask.label, hints=tuple(hints))


def _line(wording: Message) -> str:
    answer: str = typer.prompt(say(wording), default="", show_default=False)
    return answer.strip()
