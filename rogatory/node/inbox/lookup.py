"""What a person types, found: ids by their first digits."""

from __future__ import annotations

from rogatory.node.errors import NotFound, RefusedInput
from rogatory.node.store.documents import DocumentRow, document_with_digest, documents_by_prefix
from rogatory.node.transaction import Tx
from rogatory.protocol.content import MESSAGE_ID
from rogatory.protocol.limits import HASH
from rogatory.protocol.text import in_words, message

FEWEST_DIGITS = 4


def id_range(given: str, length: int, what: str) -> tuple[bytes, bytes]:
    """The first and last id of `length` bytes that begin with the hexadecimal digits `given`. Raises RefusedInput."""
    digits = given.strip().lower()
    if not FEWEST_DIGITS <= len(digits) <= 2 * length or set(digits) - set("0123456789abcdef"):
        raise RefusedInput(
            message(
                "{given} is no id of a {what}: give at least its first {digits} hexadecimal digits",
                given=repr(given[:80]),
                what=in_words(what),
                digits=FEWEST_DIGITS,
            ),
            message("list first, and copy the {what}'s id from there", what=in_words(what)),
        )
    return bytes.fromhex(digits.ljust(2 * length, "0")), bytes.fromhex(digits.ljust(2 * length, "f"))


def find_document(tx: Tx, given: str) -> DocumentRow:
    """The one document whose id begins so, or that has this digest. Raises RefusedInput, NotFound.

    Nobody can tell an id before it is used. So of several documents with one id, the first that came here is meant;
    the others copy it, and are found by their digests.
    """
    digest = _digest(given)
    if digest is not None and (row := document_with_digest(tx.connection, digest)) is not None:
        return row
    found = documents_by_prefix(tx.connection, *id_range(given, MESSAGE_ID, "document"))
    if not found:
        raise NotFound(
            message("no document with the id {given} is held here", given=given), message("list the matter's documents")
        )
    if len(found) > 1:
        raise RefusedInput(
            message("more than one document's id begins with {given}", given=given), message("give more digits")
        )
    return found[0]


def _digest(given: str) -> bytes | None:
    digits = given.strip().lower()
    return bytes.fromhex(digits) if len(digits) == 2 * HASH and not set(digits) - set("0123456789abcdef") else None
