"""What stands in directory entries, in plain words for a terminal.

Texts come from files that others made: whatever is not printable (control characters, bidirectional marks) is shown
as an escape, so that nothing can hide or change what a person is about to sign.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rogatory.keys.directory.endorsement import Standing
from rogatory.keys.directory.model import AuthorityEntry, Document, RelayEntry, Roster
from rogatory.languages import say
from rogatory.protocol.text import Message, in_words, message

_TOLD_APART = {
    AuthorityEntry: {"id", "key_sets", "recovery", "former_recovery", "since", "until", "former_terms"},
    RelayEntry: {"id", "identity", "receipt", "former", "since", "until"},
    Roster: {"id", "members", "coordinators", "observers"},
}
_LABELS = {
    "names": message("name"),
    "contact_24_7": message("contact 24/7"),
    "untoc_basis_extradition": message("UNTOC as basis for extradition"),
    "untoc_basis_mla": message("UNTOC as basis for mutual legal assistance"),
    "interpol_urgency": message("requests through INTERPOL in urgency"),
    "urls": message("address"),
    "certificate_sha256": message("pinned certificate (SHA-256)"),
}
_STANDINGS = {
    Standing.ENROLLED: message("the first, from its enrolment"),
    Standing.ENDORSED_BY_KEY_SET: message("signed by the key set before it"),
    Standing.ENDORSED_BY_RECOVERY_KEY: message("signed by the authority's recovery key"),
    Standing.UNENDORSED: message(
        "signed neither by the key set before it nor by the recovery key: every correspondent will be asked to confirm"
        " its fingerprint"
    ),
}
_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def clean(text: str) -> str:
    """The text on one line, with an escape for whatever cannot be seen; a message with values like that."""
    if isinstance(text, Message) and text.values:
        values = {name: clean(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return Message.of(text.template, text.many, values)
    shown = text.replace("\r\n", "\n").replace("\n", " / ")
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def details(entry: AuthorityEntry | RelayEntry | Roster) -> dict[str, str]:
    """What an entry says, by label: everything but its keys, terms and seats. Empty fields are left out."""
    skipped = _TOLD_APART[type(entry)]
    return {
        _LABELS.get(name) or in_words(name): plain(value)
        for name, value in _fields(entry).items()
        if name not in skipped and value not in (None, (), {})
    }


def plain(value: Any) -> str:
    """A field's value in words."""
    if value is None or value in ((), {}):
        return message("nothing")
    if isinstance(value, bool):
        return message("yes") if value else message("no")
    if isinstance(value, Mapping):
        return "; ".join(f"{clean(name)}: {clean(str(text))}" for name, text in value.items())
    if isinstance(value, tuple):
        return ", ".join(clean(str(item)) for item in value)
    return clean(str(value))


def standing_in_words(standing: Standing) -> str:
    """Who vouches for a key set."""
    return _STANDINGS[standing]


def moment(seconds: float) -> str:
    """Unix seconds, as people read them."""
    if not 0 <= seconds < _LAST:
        return message("the time {seconds} (out of the calendar)", seconds=f"{seconds:g}")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _fields(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in document.__struct_fields__}


def lines(entry: AuthorityEntry | RelayEntry | Roster) -> list[str]:
    """An entry's details in the reader's language, a line each."""
    found = details(entry)
    width = max((len(say(label)) for label in found), default=0) + 1
    return [f"{say(label) + ':':<{width}} {say(text)}" for label, text in found.items()]
