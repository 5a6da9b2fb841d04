"""Words as they are compared: letters that differ only in how they are written are one letter.

Case and diacritics go, in every script that has them. Arabic: the forms of alef, ya and ta marbuta are one each, vowel
signs and tatweel go, and so does the article before a word, also after a particle. Cyrillic: yo is ye. Chinese,
Japanese and Korean have no spaces between words: each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_ARABIC: Final = str.maketrans(
    {
        "\N{ARABIC LETTER ALEF WASLA}": "\N{ARABIC LETTER ALEF}",
        "\N{ARABIC LETTER ALEF MAKSURA}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER FARSI YEH}": "\N{ARABIC LETTER YEH}",
        "\N{ARABIC LETTER KEHEH}": "\N{ARABIC LETTER KAF}",
        "\N{ARABIC LETTER TEH MARBUTA}": "\N{ARABIC LETTER HEH}",
        "\N{ARABIC TATWEEL}": None,
    }
)
_IDEOGRAPHS: Final = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_ARTICLE: Final = re.compile(r"(?<!\w)(?:[وفبك]?ال|لل)(?=\w{3})")
"""The Arabic article, which is written as one with its word: an index of "the bank" has to find "bank"."""
_QUERY: Final = re.compile(r'"([^"]*)"|(\S+)')


def fold(text: str) -> str:
    """The text as it is indexed and looked for."""
    composed = _IDEOGRAPHS.sub(r" \1 ", unicodedata.normalize("NFKC", text))
    decomposed = unicodedata.normalize("NFKD", composed.casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _ARTICLE.sub("", unicodedata.normalize("NFC", bare).translate(_ARABIC))


def match_of(query: str) -> str:
    """A query of a person as one of FTS5: all words must occur, quoted ones in their order, a last `*` for any ending.

    Empty if it has no words.
    """
    terms = []
    for phrase, word in _QUERY.findall(query):
        given = phrase or word
        words = _words(fold(given))
        if words:
            terms.append('"' + " ".join(words) + '"' + ("*" if given.endswith("*") else ""))
    return " AND ".join(terms)


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() else " " for character in text).split()
