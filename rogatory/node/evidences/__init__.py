"""Evidences of documents: entered as they come, stated by this node as they fall due, shown."""
