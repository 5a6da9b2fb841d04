"""Errors of every package as this one tells them: to the local API's callers and on standard error."""

from __future__ import annotations

from typing import Self

import msgspec

from rogatory.keys.errors import (
    DamagedVault,
    DirectoryExpired,
    DirectoryRefused,
    KeysError,
    MissingSecret,
    PassphraseError,
    UnknownEntry,
    VaultError,
)
from rogatory.node.errors import Conflict, DamagedStore, NodeError, NotFound, RefusedInput, Unauthorised
from rogatory.protocol.errors import ProtocolError
from rogatory.protocol.text import message, text_of


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`error` is the code of a NodeError, `exit_code` what a command that met it ends with."""

    error: str
    explanation: str
    next_step: str = ""
    exit_code: int = 3

    @classmethod
    def of(cls, error: NodeError) -> Self:
        """What is told of an error."""
        return cls(
            error=error.code, explanation=error.explanation, next_step=error.next_step, exit_code=error.exit_code
        )


def as_node_error(error: NodeError | KeysError | ProtocolError) -> NodeError:
    """An error of the packages below, as one of this one's."""
    match error:
        case NodeError():
            return error
        case PassphraseError():
            return Unauthorised(text_of(error), message("give the right passphrase; nothing was changed"))
        case DamagedVault() | MissingSecret():
            return DamagedStore(text_of(error))
        case VaultError() | UnknownEntry():
            return NotFound(text_of(error))
        case DirectoryExpired():
            return Conflict(
                text_of(error), message("wait until the relay mirrors a newer directory, see: rogatory-node status")
            )
        case DirectoryRefused():
            return DamagedStore(text_of(error))
        case _:
            return RefusedInput(text_of(error))
