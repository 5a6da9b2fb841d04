"""JSON Schema of a form, for programs that write requests."""

from __future__ import annotations

from typing import Any

import msgspec

from rogatory.protocol.documents.requests.asking import always
from rogatory.protocol.documents.requests.description import fields_of
from rogatory.protocol.documents.requests.request import Request


def schema_of(form: type[Request]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a form. Each field has its title; `x-article` and `x-essential` say who asks for it.

    `x-essential` is `always` or `sometimes`: the latter depends on other fields, and sending tells.
    """
    schema: dict[str, Any] = msgspec.json.schema(form)
    parts = {part.__name__: part for part in _parts(form)}
    for name, definition in schema["$defs"].items():
        if name in parts:
            _annotate(definition, parts[name])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.TITLE,
        "x-article": form.ARTICLE,
        **schema,
    }


def _parts(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    nested = [part for field in fields_of(struct) if field.part is not None for part in _parts(field.part)]
    return [struct, *nested]


def _annotate(definition: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    properties = definition["properties"]
    required = set(definition.get("required", ()))
    for field in fields_of(struct):
        said = {"title": field.ask.label, "x-article": field.ask.article, "x-section": field.section.value}
        if field.ask.help:
            said["description"] = field.ask.help
        if field.ask.essential is always:
            said["x-essential"] = "always"
            required.add(field.name)
        elif field.ask.is_conditional:
            said["x-essential"] = "sometimes"
        properties[field.name] |= said
    definition["required"] = sorted(required)
