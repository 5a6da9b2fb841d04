"""The dossier: a whole matter in one file that people open and a stranger checks (PROTOCOL.md, The dossier)."""
