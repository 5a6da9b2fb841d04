"""The life of a request: who may take which step from where, and the chain that both sides hold (PROTOCOL.md)."""
