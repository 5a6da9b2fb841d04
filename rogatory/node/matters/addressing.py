"""Whom a matter may be opened with."""

from __future__ import annotations

from collections.abc import Sequence

from rogatory.keys.errors import DirectoryExpired, UnknownAuthority
from rogatory.node.errors import Conflict, NotFound, RefusedInput
from rogatory.node.transaction import Tx
from rogatory.protocol.text import message, text_of


def check_addressees(tx: Tx, to: Sequence[str]) -> tuple[str, ...]:
    """The addressees, each once, in their order. Raises RefusedInput, NotFound, Conflict."""
    addressees = tuple(dict.fromkeys(to))
    if not addressees:
        raise RefusedInput(message("nobody is addressed"), message("name at least one authority, as tz.central"))
    if tx.authority in addressees:
        raise RefusedInput(
            message("{authority} is this authority itself", authority=tx.authority),
            message("name the other authorities only"),
        )
    directory = tx.directory
    try:
        directory.may_trust_new(tx.now)
        directory.may_send(tx.now)
    except DirectoryExpired as error:
        raise Conflict(text_of(error), message("connect to a relay and let the node refresh the directory")) from None
    for authority in addressees:
        try:
            directory.authority(authority)
        except UnknownAuthority as error:
            raise NotFound(text_of(error), message("look the authority up: rogatory-node authority find")) from None
        if directory.struck_off(authority, directory.targets_version):
            raise RefusedInput(
                message("{authority} was struck off the directory", authority=authority),
                message("find its successor: rogatory-node authority find"),
            )
    return addressees


def own_relay(tx: Tx) -> str:
    """The relay where this authority's matters live. Raises Conflict if the directory does not know us."""
    try:
        return tx.directory.authority(tx.authority).relay
    except UnknownAuthority as error:
        raise Conflict(text_of(error), message("have this authority's enrolment published first")) from None
