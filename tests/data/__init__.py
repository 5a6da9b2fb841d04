"""Files that tests read; README.md says what they are."""
