"""Timestamps by an authority of time (RFC 3161), beside the node's core: it goes on without them."""
