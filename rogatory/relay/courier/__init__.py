"""Courier files at a relay: what an authority without a link sends it, and what it sends back."""
