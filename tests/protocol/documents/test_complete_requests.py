"""One complete request of each form, as officers would write it: sound, signed, opened and printed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from rogatory.protocol.documents import (
    FORMS,
    Request,
    fields_of,
    gaps_of,
    letter_of,
    open_document,
    sign_document,
    template_of,
)
from rogatory.protocol.documents.requests.letter import paragraphs_of
from tests.data.letters import FILES, request_of
from tests.protocol.examples import KENYA, keys_of, payload

LANGUAGES = {"en", "fr", "es", "ru", "ar", "zh", "pt"}
SCRIPTS = {"ru": "CYRILLIC", "ar": "ARABIC", "zh": "CJK"}
WORDS = {  # what every page of the language has, and no page of another one
    "en": {"the", "of", "was", "by", "to"},
    "fr": {"le", "les", "du", "des", "et"},
    "es": {"el", "los", "del", "y", "por"},
    "pt": {"dos", "da", "ao", "e", "em"},
}
PROSE = ("facts", "assistance", "procedure", "subject", "aim", "information", "relevance")


def complete(form: str) -> Request:
    return msgspec.convert(request_of(form), FORMS[form])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def test_every_form_has_one_and_every_language_two() -> None:
    assert set(FILES) == set(FORMS)
    for form, path in FILES.items():
        assert (request_of(form)["form"], path.name) == (form, f"{form}.{request_of(form)['language']}.json")
    written_in = Counter(request_of(form)["language"] for form in FORMS)
    assert set(written_in) == LANGUAGES
    assert min(written_in.values()) >= 2


@pytest.mark.parametrize("form", sorted(FORMS))
def test_it_is_complete_signed_and_opened_as_it_was(form: str) -> None:
    request = complete(form)
    assert gaps_of(request) == ()
    opened = open_document(sign_document(payload(request), KENYA), keys_of).payload.body
    assert opened == request
    assert set(texts(request_of(form))) <= set(texts(msgspec.to_builtins(opened)))


@pytest.mark.parametrize("form", sorted(FORMS))
def test_nothing_is_left_of_the_template(form: str) -> None:
    hints = {text for text in texts(template_of(form)) if ": " in text and text.startswith(("UNTOC", "practice"))}
    assert hints
    assert not hints & set(texts(request_of(form)))
    named = {field.name for field in fields_of(FORMS[form])}
    filled = {name for name, value in request_of(form).items() if value}
    assert filled - {"form"} <= named
    assert len(filled) >= 18, "a request that says no more than it must is no plausible one"


@pytest.mark.parametrize("form", sorted(FORMS))
def test_it_reads_as_a_letter(form: str) -> None:
    request, letter = complete(form), letter_of(complete(form))
    assert letter.startswith(f"{FORMS[form].TITLE}\n(UNTOC article {FORMS[form].ARTICLE})\n")
    assert 50 <= len(letter.splitlines()) <= 90
    for paragraph in paragraphs_of(request):
        for line in paragraph.lines:
            assert line in letter
    plain = " ".join(letter.split())
    for name in PROSE:
        for line in getattr(request, name, "").splitlines():
            assert line.strip() in plain


@pytest.mark.parametrize("form", sorted(FORMS))
def test_its_prose_is_in_its_language(form: str) -> None:
    fields = request_of(form)
    prose = " ".join(str(fields.get(name, "")) for name in PROSE)
    language = fields["language"]
    letters = [each for each in prose if each.isalpha()]
    if language in SCRIPTS:
        own = sum(unicodedata.name(each).startswith(SCRIPTS[language]) for each in letters)
        assert own > 0.9 * len(letters)
        return
    words = Counter(re.findall(r"\w+", prose.lower()))
    found = {each: sum(words[word] for word in common) for each, common in WORDS.items()}
    assert max(found, key=lambda each: found[each]) == language


@pytest.mark.parametrize("form", sorted(FORMS))
def test_it_cites_the_convention(form: str) -> None:
    instruments = [basis["instrument"] for basis in request_of(form)["legal_basis"]]
    assert any("UNTOC" in each or "Transnational Organized Crime" in each for each in instruments)
    number = re.match(r"\d+", FORMS[form].ARTICLE)
    assert number is not None
    chinese = {"17": "十七", "20": "二十"}
    articles = " ".join(basis["articles"] for basis in request_of(form)["legal_basis"])
    assert number.group() in articles or chinese.get(number.group(), "-") in articles
