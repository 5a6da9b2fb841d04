"""`python -m rogatory.keys.cli`."""

from rogatory.keys.cli import main

main()
