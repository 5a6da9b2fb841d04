"""The store in one PostgreSQL that any number of relay processes (replicas) share."""

from rogatory.relay.store.postgresql.address import Address, is_address, parse_address
from rogatory.relay.store.postgresql.store import PostgreSQLStore

__all__ = ["Address", "PostgreSQLStore", "is_address", "parse_address"]
