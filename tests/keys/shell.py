"""`rogatory-keys` as a person at a terminal runs it, one command after another in one folder."""

import os
from pathlib import Path

import pytest

from rogatory.keys import vault
from rogatory.keys.cli import main
from rogatory.keys.directory.model import AuthorityEntry, Purpose
from rogatory.keys.enrolment import enrol_authority, enrol_relay
from rogatory.keys.identity import Identity, RecoveryKey, RelayKeys

PASSPHRASE = "correct horse battery staple"


class Shell:
    """Runs commands in a folder, each as a process of its own would see it."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def run(self, command: str, status: int = 0) -> str:
        """What the command prints: to standard output, or to standard error if it should fail."""
        self._capture.readouterr()
        with pytest.raises(SystemExit) as end:
            main(command.split())
        out, err = self._capture.readouterr()
        assert (end.value.code or 0) == status, err
        assert "Traceback" not in err
        return err if status else out


def enrolment_files() -> None:
    Path("relay.json").write_bytes(enrol_relay(RelayKeys.generate("relay.one", os.urandom), ("http://127.0.0.1:8443",)))
    for name in ("ke.central", "tz.central"):
        entry = AuthorityEntry(
            id=name,
            state=name[:2].upper(),
            names={"en": f"Central Authority {name}"},
            competences=(Purpose.EXTRADITION,),
            relay="relay.one",
            key_sets=(),
        )
        identity, recovery = Identity.generate(name, os.urandom), RecoveryKey.generate(name, os.urandom)
        Path(f"{name}.json").write_bytes(enrol_authority(entry, identity, recovery))
        secrets = {"recovery_key": recovery.encode()}
        vault.create_vault(Path(f"{name}.recovery"), PASSPHRASE.encode(), secrets, cost=vault.CHEAPEST)


def published(shell: Shell) -> Shell:
    shell.run("directory publish d --publisher-key p --key t1 --key t3 --key c --passphrase-file pass --yes")
    return shell
