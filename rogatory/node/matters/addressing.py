"""Whom a matter may be opened with."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.keys.errors import DirectoryExpired, UnknownAuthority
from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.transaction import Tx


def check_addressees(tx: Tx, to: Sequence[str]) -> tuple[str, ...]:
    """The addressees, each once, in their order. Raises RefusedInput, NotFound, Conflict."""
    addressees = tuple(dict.fromkeys(to))
    if not addressees:
        raise RefusedInput("nobody is addressed", "name at least one authority, as tz.central")
    if tx.authority in addressees:
        raise RefusedInput(f"{tx.authority} is this authority itself", "name the other authorities only")
    directory = tx.directory
    try:
        directory.may_trust_new(tx.now)
        directory.may_send(tx.now)
    except DirectoryExpired as error:
        raise Conflict(str(error), "connect to a relay and let the node refresh the directory") from None
    for authority in addressees:
        try:
            directory.authority(authority)
        except UnknownAuthority as error:
            raise NotFound(str(error), "look the authority up: rogatory-node authority find") from None
        if directory.struck_off(authority, directory.targets_version):
            raise RefusedInput(
                f"{authority} was struck off the directory", "find its successor: rogatory-node authority find"
            )
    return addressees


def own_relay(tx: Tx) -> str:
    """The relay where this authority's matters live. Raises Conflict if the directory does not know us."""
    try:
        return tx.directory.authority(tx.authority).relay
    except UnknownAuthority as error:
        raise Conflict(str(error), "have this authority's enrolment published first") from None
