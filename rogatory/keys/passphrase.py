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

VARIABLE = "ROGATORY_PASSPHRASE_FILE"
MINIMUM_LENGTH = 12
_MAX_FILE = 4096


def read_passphrase(
    what: str, file: Path | None = None, environment: Mapping[str, str] = os.environ, variable: str = VARIABLE
) -> bytes:
    """The passphrase of `what`, which a prompt names. Raises PassphraseError."""
    if file is None and (named := environment.get(variable)):
        file = Path(named)
    return _from_file(file) if file is not None else _from_prompt(f"Passphrase of {what}: ")


def new_passphrase(
    what: str, file: Path | None = None, environment: Mapping[str, str] = os.environ, variable: str = VARIABLE
) -> bytes:
    """A passphrase to lock `what` with: asked for twice at a prompt, 12 bytes or more. Raises PassphraseError."""
    if file is None and (named := environment.get(variable)):
        file = Path(named)
    if file is not None:
        passphrase = _from_file(file)
    else:
        passphrase = _from_prompt(f"New passphrase of {what}: ")
        if not hmac.compare_digest(passphrase, _from_prompt("The same again: ")):
            raise PassphraseError("the two passphrases differ: nothing was written")
    if len(passphrase) < MINIMUM_LENGTH:
        raise PassphraseError(
            f"a passphrase has at least {MINIMUM_LENGTH} characters; five or more random words are a good one"
        )
    return passphrase


def _from_file(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MAX_FILE + 1)
    except OSError as error:
        raise PassphraseError(f"the passphrase file {file} cannot be read: {error.strerror}") from None
    passphrase = data.removesuffix(b"\n").removesuffix(b"\r")
    if not passphrase or len(data) > _MAX_FILE:
        raise PassphraseError(f"the passphrase file {file} should hold one line with the passphrase")
    return passphrase


def _from_prompt(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise PassphraseError(
            f"no passphrase: give --passphrase-file, or set {VARIABLE} to its path, or run this at a terminal"
        )
    return getpass.getpass(prompt).encode()
