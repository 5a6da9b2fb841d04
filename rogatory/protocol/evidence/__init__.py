"""Evidences of what became of a document, for each addressee and stage (PROTOCOL.md, Evidences)."""
