"""A restored node has lost its sealed files and keeps what opens them: it fetches again what the relay still holds."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.node.attachments.offices import arrived, digest, files_of, made, offices, wait_state


def test_files_received_and_sent_can_be_had_again_after_a_restore(tmp_path: Path) -> None:
    received, own, unsent = (made(tmp_path / name, 100_000) for name in ("received", "own", "unsent"))
    with offices(tmp_path / "pair") as pair:
        first = pair.consult(received)["document"]
        arrived(pair.tz, first)
        wait_state(pair.tz, first, "kept")
        second = pair.consult(own, author=pair.tz)["document"]
        wait_state(pair.tz, second, "sent")
        pair.relay.kill()
        third = pair.consult(unsent, author=pair.tz)["document"]
        backup = tmp_path / "tz.backup"
        pair.tz.cli("backup", str(backup))
        pair.tz.kill()
        shutil.rmtree(pair.tz.folder.path)
        passphrase = str(pair.tz.passphrase_file)
        pair.tz.cli("restore", str(backup), str(pair.tz.folder.path), "--passphrase-file", passphrase)
        pair.relay.start()
        pair.tz.start()
        pair.tz.wait_online()
        for document, file in ((first, received), (second, own)):
            assert files_of(pair.tz, document)[0]["state"] == "offered"
            target = tmp_path / f"again-{file.name}"
            pair.tz.cli("document", "save", document, str(target), "--attachment", "1")
            assert digest(target) == digest(file)
        # What had not reached the relay is gone with the disk, and the officer is told that it was not sent.
        lost = wait_state(pair.tz, third, "lost")
        assert "before it reached the relay" in lost["problem"]
        assert pair.tz.wait_event("trouble", document=third)["code"] == "attachment"
