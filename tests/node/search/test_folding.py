"""Letters that are written differently and are the same."""

from __future__ import annotations

import pytest

from rogatory.node.search.folding import fold, match_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Réunion", "REUNION"),
        ("São Tomé e Príncipe", "sao tome e principe"),
        ("Straße", "STRASSE"),
        ("ФЁДОРОВ", "федоров"),
        ("محكمة", "مَحْكَمَه"),
        ("الأموال", "الاموال"),
        ("إلى", "الي"),
        ("الحساب", "حساب"),
        ("وبالحساب", "وبالحساب"),
        ("بالمصرف", "مصرف"),
        ("للمحكمة", "محكمه"),
        ("مـــال", "مال"),
        ("ﻣﺎل", "مال"),
        ("کابل", "كابل"),
    ],
)
def test_they_fold_into_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_words_of_a_query_are_all_asked_for() -> None:
    assert match_of("Ivory  Kisumu") == '"ivory" AND "kisumu"'
    assert match_of('"tea in  containers" contain*') == '"tea in containers" AND "contain"*'
    assert match_of("引渡") == '"引 渡"'


@pytest.mark.parametrize("query", ["", "  ", "(", "***", '"', "-- ;", '""'])
def test_a_query_without_words_is_empty(query: str) -> None:
    assert match_of(query) == ""


@pytest.mark.parametrize("query", ['a" OR b', "NEAR(a b)", "words:secret", "a AND NOT b", "a^2", "'; DROP TABLE x"])
def test_nothing_of_a_query_is_taken_for_an_operator(query: str) -> None:
    assert all(term.startswith('"') for term in match_of(query).split(" AND "))
