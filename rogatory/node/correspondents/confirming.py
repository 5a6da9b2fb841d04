"""Whether a person has compared a correspondent's fingerprint, and how its keys stand."""

from __future__ import annotations

import hmac

from rogatory.keys.fingerprint import entry_fingerprint
from rogatory.node.errors import Conflict, RefusedInput
from rogatory.node.inbox.queries import shown_time
from rogatory.node.inbox.views import View
from rogatory.node.store.correspondents import Confirmation, confirmations_of, put_confirmation
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message


class KeysView(View, frozen=True, kw_only=True):
    """The key set of an authority in force. `standing`: who vouches for it besides the trustees (see `Standing`);
    `confirmed_at`: when a person here compared the fingerprint; `waits`: that is asked for and was not done."""

    key_set: int
    standing: str
    fingerprint: str
    confirmed_at: str | None
    waits: bool


def confirm(tx: Tx, authority: str, fingerprint: str | None) -> KeysView:
    """Record that a person compared the fingerprint of the key set in force, by telephone or in person.

    With `fingerprint` (what the authority said) it is compared here as well. Raises RefusedInput where it differs,
    UnknownAuthority, and Conflict for an authority that is struck off.
    """
    view = keys_view(tx, authority)
    if view is None:
        raise Conflict(
            message("{authority} is struck off the directory: it has no keys to confirm", authority=authority)
        )
    if fingerprint is not None and not hmac.compare_digest(_digits(fingerprint), _digits(view.fingerprint)):
        raise RefusedInput(
            message(
                "that is not the fingerprint of key set {key_set} of {authority}: nothing was recorded",
                key_set=view.key_set,
                authority=authority,
            ),
            message("ask again, by a number that you know; if it stays different, tell the directory's trustees"),
        )
    put_confirmation(tx.connection, Confirmation(authority, view.fingerprint, view.key_set, tx.now))
    confirmed = keys_view(tx, authority)
    assert confirmed is not None
    return confirmed


def waits_for_confirmation(tx: Tx, authority: str) -> bool:
    """Whether a person must compare the fingerprint of its keys before this node lets it in anywhere."""
    if authority not in tx.directory.authority_entries:
        return False
    view = keys_view(tx, authority)
    return view is not None and view.waits


def keys_view(tx: Tx, authority: str) -> KeysView | None:
    """How the newest keys in force stand; None for an authority that is struck off. Raises UnknownAuthority."""
    directory = tx.directory
    in_force = directory.key_sets_in_force(authority, directory.targets_version)
    if not in_force:
        return None
    number = in_force[0].version
    fingerprint = entry_fingerprint(directory.authority(authority), number)
    standing = directory.standing(authority, number)
    at = confirmations_of(tx.connection, authority).get(fingerprint)
    return KeysView(
        key_set=number,
        standing=standing.value,
        fingerprint=fingerprint,
        confirmed_at=None if at is None else shown_time(at),
        waits=standing.waits_for_confirmation and at is None,
    )


def _digits(text: str) -> bytes:
    return "".join(text.split()).encode()
