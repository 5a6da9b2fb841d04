"""Courier files at a node: what it would send over a link that it does not have, and what comes back."""
