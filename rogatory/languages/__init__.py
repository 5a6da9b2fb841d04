"""The reader's language: catalogues, and how a text for people is said in one. CONTRIBUTING.md tells how to add one."""

from rogatory.languages.choosing import of_environment, of_header
from rogatory.languages.saying import plainly, reading, say, word

__all__ = ["of_environment", "of_header", "plainly", "reading", "say", "word"]
