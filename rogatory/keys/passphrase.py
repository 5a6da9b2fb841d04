"""Where a passphrase comes from: a file, an environment variable that names a file, or a prompt.

Never the command line, which other processes can read.
"""

import getpass
import hmac
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from rogatory.keys.errors import PassphraseError
from rogatory.languages import say
from rogatory.languages.system import reason_of
from rogatory.protocol.text import message

VARIABLE = "ROGATORY_PASSPHRASE_FILE"
MINIMUM_LENGTH = 12
_MAX_FILE = 4096


def read_passphrase(
    what: str, file: Path | None = None, environment: Mapping[str, str] = os.environ, variable: str = VARIABLE
) -> bytes:
    """The passphrase of `what`, which a prompt names. Raises PassphraseError."""
    if file is None and (named := environment.get(variable)):
        file = Path(named)
    return _from_file(file) if file is not None else _from_prompt(message("Passphrase of {what}: ", what=what))


def new_passphrase(
    what: str, file: Path | None = None, environment: Mapping[str, str] = os.environ, variable: str = VARIABLE
) -> bytes:
    """A passphrase to lock `what` with: asked for twice at a prompt, 12 bytes or more. Raises PassphraseError."""
    if file is None and (named := environment.get(variable)):
        file = Path(named)
    if file is not None:
        passphrase = _from_file(file)
    else:
        passphrase = _from_prompt(message("New passphrase of {what}: ", what=what))
        if not hmac.compare_digest(passphrase, _from_prompt(message("The same again: "))):
            raise PassphraseError(message("the two passphrases differ: nothing was written"))
    if len(passphrase) < MINIMUM_LENGTH:
        raise PassphraseError(
            message(
                "a passphrase has at least {least} characters; five or more random words are a good one",
                least=MINIMUM_LENGTH,
            )
        )
    return passphrase


def _from_file(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_FILE + 1)
    except OSError as error:
        raise PassphraseError(
            message("the passphrase file {file} cannot be read: {error}", file=file, error=reason_of(error))
        ) from None
    passphrase = data.removesuffix(b"\n").removesuffix(b"\r")
    if not passphrase or len(data) > _MAX_FILE:
        raise PassphraseError(message("the passphrase file {file} should hold one line with the passphrase", file=file))
    return passphrase


def _from_prompt(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise PassphraseError(
            message(
                "no passphrase: give --passphrase-file, or set {variable} to its path, or run this at a terminal",
                variable=VARIABLE,
            )
        )
    return getpass.getpass(say(prompt)).encode()
