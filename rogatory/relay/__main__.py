"""`python -m rogatory.relay` is the command `rogatory-relay`."""

from rogatory.relay.cli import main

main()
