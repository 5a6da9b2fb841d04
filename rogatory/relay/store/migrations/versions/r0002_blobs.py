"""Attachments: what a relay knows of blobs, whose bytes stand in the object store."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE blobs (
    number BIGSERIAL PRIMARY KEY,
    blob BYTEA NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    size BIGINT NOT NULL,
    received BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    doomed BOOLEAN NOT NULL
);
CREATE INDEX blobs_by_owner ON blobs (owner, doomed, size);
CREATE INDEX blobs_doomed ON blobs (doomed, touched);
CREATE TABLE blob_parts (
    blob BIGINT NOT NULL REFERENCES blobs (number),
    "offset" BIGINT NOT NULL,
    size BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (blob, "offset")
);
CREATE TABLE blob_references (
    number BIGSERIAL PRIMARY KEY,
    blob BIGINT NOT NULL REFERENCES blobs (number),
    channel BIGINT NOT NULL REFERENCES channels (number),
    seq BIGINT NOT NULL
);
CREATE UNIQUE INDEX blob_references_by_blob ON blob_references (blob, channel, seq);
"""


def upgrade() -> None:
    """Make them."""
    op.execute(_TABLES)
