"""The command `rogatory-node`, one file for each group of commands."""

from rogatory.node.cli.main import main

__all__ = ["main"]
