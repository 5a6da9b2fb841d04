"""Documents as a person is shown them: whoever shows one notes that it was opened."""

from __future__ import annotations

from rogatory.node.evidences.stating import opened
from rogatory.node.inbox import queries
from rogatory.node.inbox.lookup import find_document
from rogatory.node.inbox.views import DocumentView
from rogatory.node.matters.lookup import find_matter
from rogatory.node.matters.queries import documents_in, show_matter
from rogatory.node.matters.views import MatterView
from rogatory.node.store import officers
from rogatory.node.store.documents import DocumentRow, documents_of, get_document
from rogatory.node.transaction import Tx


def open_document(tx: Tx, document: str, officer: str | None) -> DocumentView:
    """A document, by the first digits of its id. `officer`: who is shown it, None for the administrator.

    Raises NotFound, RefusedInput; so do the others here.
    """
    row = find_document(tx, document)
    opened(tx, [row], _name(tx, officer))
    return queries.document_view(tx, row)


def open_envelope(tx: Tx, document: str, officer: str | None) -> bytes:
    """A document as it was signed."""
    opened(tx, [find_document(tx, document)], _name(tx, officer))
    return queries.envelope(tx, document)


def open_matter(tx: Tx, matter: str, officer: str | None) -> MatterView:
    """A matter, with its request in full."""
    view = show_matter(tx, matter)
    if view.request is not None:
        request = view.request
        found = get_document(tx.connection, bytes.fromhex(view.matter), bytes.fromhex(request.id), request.author)
        opened(tx, [] if found is None else [found], _name(tx, officer))
    return view


def open_documents(tx: Tx, matter: str, officer: str | None) -> list[DocumentView]:
    """All documents of a matter in full."""
    opened(tx, documents_of(tx.connection, find_matter(tx, matter).channel), _name(tx, officer))
    return documents_in(tx, matter)


def open_attachment(tx: Tx, document: str, officer: str | None) -> DocumentRow:
    """The document of a file that is given out."""
    row = find_document(tx, document)
    opened(tx, [row], _name(tx, officer))
    return row


def _name(tx: Tx, officer: str | None) -> str:
    row = None if officer is None else officers.get(tx.connection, officer)
    return "" if row is None else row.name
