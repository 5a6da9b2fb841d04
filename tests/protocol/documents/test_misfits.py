"""What is wrong with a field is told by its name and by what can stand there, never by a pattern."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import FORMS, letter_of, misfit_of, template_of, untouched_in
from tests.data.letters import request_of
from tests.filled import filled

FORM = FORMS["mutual_legal_assistance"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deadline": "31.12.2026"}, "deadline is a day, written as 2026-12-31"),
        ({"deadline": 3}, "deadline is a day, written as 2026-12-31"),
        ({"nature": "inquest"}, "nature cannot be 'inquest': it is one of investigation, prosecution"),
        ({"forms": ["z"]}, "forms[0] cannot be 'z': it is one of a, b, c"),
        ({"forms": "a"}, "forms is a list"),
        ({"conducting": "the police"}, "conducting is a group of fields"),
        ({"aim": 7}, "aim is a text"),
        ({"persons": [{"role": "witness", "name": "N", "nationalities": ["Kenya"]}]}, "ISO 3166-1 alpha-2, as KE"),
        ({"persons": [{"name": "N"}]}, "the field persons[0].role is missing"),
        ({"tea": 1}, "there is no field tea"),
        ({"reference": "x" * 400}, "reference has more than 300 characters"),
        ({"reference": "a\x1bb"}, "reference is not written as it has to be"),
    ],
)
def test_the_field_and_what_can_stand_there_are_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(filled("mutual_legal_assistance") | given, FORM)
    told = misfit_of(refused.value, FORM)
    assert said in told
    assert "regex" not in told


@pytest.mark.parametrize("form", FORMS)
def test_hints_that_were_left_are_found_and_nothing_else(form: str) -> None:
    left = untouched_in(msgspec.convert(template_of(form), FORMS[form]))
    assert {"reference", "subject"} <= {each.path for each in left if each.essential}
    assert untouched_in(msgspec.convert(request_of(form), FORMS[form])) == ()
    assert untouched_in(msgspec.convert(filled(form), FORMS[form])) == ()


def test_a_letter_says_what_forms_of_assistance_are() -> None:
    letter = letter_of(msgspec.convert(filled("mutual_legal_assistance") | {"forms": ["a", "f"]}, FORM))
    assert "    (a) taking evidence or statements from persons\n" in letter
    assert "    (f) providing originals or certified copies" in letter
