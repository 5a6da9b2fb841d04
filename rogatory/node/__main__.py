"""`python -m rogatory.node` is the command `rogatory-node`."""

from rogatory.node.cli import main

main()
