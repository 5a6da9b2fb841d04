"""The catalogue of requests: each form by its own definition, and what is derived from it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import (
    FORMS,
    Annex,
    MalformedDocument,
    MissingEssential,
    Request,
    UnsoundDocument,
    fields_of,
    gaps_of,
    letter_of,
    open_document,
    schema_of,
    sign_document,
    template_of,
)
from rogatory.protocol.documents.registry import decode_payload
from rogatory.protocol.documents.requests.asking import always
from tests.protocol.examples import KENYA, keys_of, payload

ORDER = Annex(name="order.pdf", media_type="application/pdf", size=3, sha256="b0" * 32)


def sound(form: str, **changes: Any) -> Request:
    """A sound request of a form: its template, filled in."""
    filled = template_of(form)
    if form == "confiscation":
        filled |= {"annexes": [msgspec.to_builtins(ORDER)]}
    return msgspec.convert(filled | changes, FORMS[form])


def sign(request: Request) -> bytes:
    return sign_document(payload(request), KENYA)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_template_is_a_sound_request_and_keeps_its_form(form: str) -> None:
    opened = open_document(sign(sound(form)), keys_of)
    assert type(opened.payload.body) is FORMS[form]
    assert opened.payload.body == sound(form)


ESSENTIAL = [
    (form, field.name) for form in sorted(FORMS) for field in fields_of(FORMS[form]) if field.ask.essential is always
]


@pytest.mark.parametrize(("form", "name"), ESSENTIAL)
def test_each_essential_field_is_missed_with_its_article(form: str, name: str) -> None:
    field = next(field for field in fields_of(FORMS[form]) if field.name == name)
    if name == "language":  # a tag that is none is malformed already
        with pytest.raises(msgspec.ValidationError):
            sound(form, language="")
        return
    empty: Any = field.default
    if empty is None:
        empty = "" if name == "reference" else None
    lacking = msgspec.structs.replace(sound(form), **{name: empty})
    articles = {gap.article for gap in gaps_of(lacking)}
    assert articles
    assert field.ask.article in articles or field.part is not None
    with pytest.raises(MissingEssential):
        sign(lacking)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_schema_and_letter_say_what_the_definition_says(form: str) -> None:
    schema = schema_of(FORMS[form])
    definition = schema["$defs"][FORMS[form].__name__]
    fields = {field.name: field for field in fields_of(FORMS[form])}
    assert set(definition["properties"]) == {"form", *fields}
    assert definition["properties"]["form"]["enum"] == [form]
    for name, field in fields.items():
        assert definition["properties"][name]["title"] == field.ask.label
        assert definition["properties"][name]["x-article"] == field.ask.article
        assert (name in definition["required"]) == (field.ask.essential is always)
    letter = letter_of(sound(form))
    assert FORMS[form].TITLE in letter
    assert f"article {FORMS[form].ARTICLE})" in letter


def test_every_kind_of_cooperation_of_the_convention_has_a_form() -> None:
    articles = {form.ARTICLE for form in FORMS.values()}
    assert {
        "13",
        "14",
        "16",
        "17",
        "18",
        "18(4)",
        "18(10)",
        "18(18)",
        "18(29)",
        "19",
        "20",
        "20(4)",
        "21",
        "27",
    } <= articles


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_field_asks_in_words(form: str) -> None:
    def asked(struct: type[msgspec.Struct]) -> None:
        for field in fields_of(struct):
            if struct.__module__.endswith(("fields", "asking")):  # an annex is filled in from its file
                continue
            assert field.ask.label != field.name or "_" not in field.name, field.name
            assert field.ask.article.startswith(("UNTOC ", "practice"))
            if field.part is not None:
                asked(field.part)

    asked(FORMS[form])


def test_an_unknown_form_and_one_of_another_are_refused() -> None:
    document = decode_payload
    for form in ("tea", "", None):
        body = msgspec.json.encode(template_of("extradition") | {"form": form})
        whole = msgspec.json.decode(msgspec.json.encode(payload(sound("extradition"))))
        with pytest.raises(MalformedDocument):
            document(msgspec.json.encode(whole | {"body": msgspec.Raw(body)}))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(template_of("video_hearing") | {"form": "extradition"}, FORMS["extradition"])


def gap_labels(request: Request) -> set[str]:
    return {gap.what for gap in gaps_of(request)}


def test_what_is_essential_can_depend_on_other_fields() -> None:
    executed = sound("confiscation", measure="execute_order")
    assert any("order of confiscation" in label for label in gap_labels(executed))
    assert any("extent" in label for label in gap_labels(executed))
    served = sound("extradition", ends="sentence")
    assert gap_labels(served) == {"sentence still to be served"}
    victims = sound("asset_recovery", disposal="return_for_victims", beneficiaries="")
    assert gap_labels(victims) == {"victims or legitimate owners"}


def test_an_order_to_be_executed_is_annexed() -> None:
    order = {
        "title": "Order of confiscation",
        "issued_by": "High Court",
        "issued_on": "2026-05-01",
        "annex": ORDER.sha256,
    }
    executed = sound("confiscation", measure="execute_order", order=order, extent="In full.")
    assert sign(executed)
    with pytest.raises(UnsoundDocument, match=r"13\(3\)\(b\)"):
        sign(msgspec.structs.replace(executed, annexes=()))


def test_provisional_arrest_gives_its_reason() -> None:
    with pytest.raises(MissingEssential, match=r"16\(9\)"):
        sign(sound("extradition", provisional_arrest={"reason": "", "full_request": "within 40 days"}))


def test_digital_evidence_names_a_period_that_runs_forward() -> None:
    period = {"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z", "time_zone": "+03:00"}
    for form in ("preservation", "stored_data", "traffic_data"):
        with pytest.raises(UnsoundDocument, match="before it starts"):
            sign(sound(form, period=period))
    with pytest.raises(UnsoundDocument, match="special investigative technique"):
        sign(sound("traffic_data", categories=["content"]))


def test_every_item_of_a_list_is_whole() -> None:
    properties = [{"description": "House", "location": "Kisumu"}, {"description": "Boat"}]
    with pytest.raises(MissingEssential, match=r"location of the property.*2"):
        sign(sound("confiscation", properties=properties))
