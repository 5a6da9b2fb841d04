"""`rogatory-node run`: the daemon."""

from __future__ import annotations

from rogatory.node.cli.options import HERE, FolderOption, PassphraseOption
from rogatory.node.cli.show import show_line


def run(folder: FolderOption = HERE, passphrase_file: PassphraseOption = None) -> None:
    """Run the node until it is told to stop (SIGTERM, Ctrl-C)."""
    # Imported here: other commands start in half the time without the daemon's libraries.
    from rogatory.keys.passphrase import read_passphrase
    from rogatory.node.daemon import run as run_daemon
    from rogatory.node.folder import NodeFolder

    node = NodeFolder(folder)
    run_daemon(node, lambda: read_passphrase(str(node.vault), passphrase_file), lambda url: show_line(f"ready {url}"))
