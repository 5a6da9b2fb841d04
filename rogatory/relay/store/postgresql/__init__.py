"""The store in one PostgreSQL that any number of relay processes (replicas) share: `store.PostgreSQLStore`.

Its driver and the schema's history are imported with it, not here: a relay over SQLite does without (15 MB).
"""

from rogatory.relay.store.postgresql.address import Address, is_address, parse_address

__all__ = ["Address", "is_address", "parse_address"]
