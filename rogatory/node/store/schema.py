"""The one MetaData of the node's database, and its version. Each subject declares its tables in its own module."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table

SCHEMA_VERSION: Final = 4

metadata = MetaData()

properties = Table(
    "properties",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Integer, nullable=False),
)
