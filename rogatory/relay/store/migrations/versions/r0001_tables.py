"""The tables of a relay that replicas share."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What is encrypted is not compressed: EXTERNAL spares the attempt. Rows that are written again and again get room
# beside them, so that indexes need not be touched (fillfactor).
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE channels (
    number BIGSERIAL PRIMARY KEY,
    channel BYTEA NOT NULL UNIQUE,
    founder TEXT NOT NULL,
    created BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    head BYTEA NOT NULL,
    last_commit BIGINT NOT NULL,
    access BYTEA NOT NULL,
    cleared BIGINT NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE members (
    channel BIGINT NOT NULL REFERENCES channels (number),
    authority TEXT NOT NULL,
    first BIGINT NOT NULL,
    leaving BIGINT,
    until BIGINT,
    access BYTEA,
    last_commit BIGINT,
    wrote_first BIGINT,
    PRIMARY KEY (channel, authority)
);
CREATE INDEX members_by_authority ON members (authority, channel);
CREATE TABLE removals (
    channel BIGINT NOT NULL REFERENCES channels (number),
    seq BIGINT NOT NULL,
    electors BYTEA NOT NULL,
    missing BIGINT NOT NULL,
    PRIMARY KEY (channel, seq)
);
CREATE TABLE entries (
    channel BIGINT NOT NULL REFERENCES channels (number),
    seq BIGINT NOT NULL,
    author TEXT NOT NULL,
    form INTEGER NOT NULL,
    time BIGINT NOT NULL,
    body_hash BYTEA NOT NULL,
    head BYTEA NOT NULL,
    body BIGINT NOT NULL,
    PRIMARY KEY (channel, seq)
);
CREATE UNIQUE INDEX entries_by_hash ON entries (channel, body_hash);
CREATE TABLE bodies (
    id BIGSERIAL PRIMARY KEY,
    time BIGINT NOT NULL,
    author TEXT NOT NULL,
    size BIGINT NOT NULL,
    content BYTEA NOT NULL
);
ALTER TABLE bodies ALTER content SET STORAGE EXTERNAL;
CREATE TABLE acknowledgements (
    channel BIGINT NOT NULL REFERENCES channels (number),
    member TEXT NOT NULL,
    seq BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (channel, member)
) WITH (fillfactor = 70);
CREATE TABLE invitations (
    id BIGSERIAL PRIMARY KEY,
    channel BIGINT NOT NULL REFERENCES channels (number),
    seq BIGINT NOT NULL,
    author TEXT NOT NULL,
    time BIGINT NOT NULL,
    size BIGINT NOT NULL,
    info BYTEA NOT NULL
);
ALTER TABLE invitations ALTER info SET STORAGE EXTERNAL;
CREATE INDEX invitations_by_channel ON invitations (channel, seq);
CREATE TABLE joiners (
    id BIGSERIAL PRIMARY KEY,
    invitation BIGINT NOT NULL REFERENCES invitations (id),
    authority TEXT NOT NULL,
    secrets BYTEA NOT NULL
);
CREATE INDEX ix_joiners_invitation ON joiners (invitation);
CREATE INDEX joiners_by_authority ON joiners (authority, id);
CREATE TABLE key_packages (
    id BIGSERIAL PRIMARY KEY,
    authority TEXT NOT NULL,
    hash BYTEA NOT NULL,
    time BIGINT NOT NULL,
    content BYTEA
);
ALTER TABLE key_packages ALTER content SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX key_packages_by_hash ON key_packages (authority, hash);
CREATE INDEX key_packages_in_stock ON key_packages (authority, id) WHERE content IS NOT NULL;
CREATE TABLE last_resorts (authority TEXT PRIMARY KEY, content BYTEA NOT NULL, used BOOLEAN NOT NULL);
CREATE TABLE usage (authority TEXT PRIMARY KEY, bytes BIGINT NOT NULL, channels BIGINT NOT NULL) WITH (fillfactor = 50);
CREATE TABLE coverage_due (channel BIGINT PRIMARY KEY REFERENCES channels (number));
CREATE TABLE coverage (
    channel BIGINT NOT NULL REFERENCES channels (number),
    seq BIGINT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (channel, seq)
);
CREATE INDEX coverage_by_time ON coverage (time);
"""

# What replicas tell each other, and which of them has an authority's session.
_REPLICAS = """
CREATE TABLE changes (
    id BIGSERIAL PRIMARY KEY,
    replica TEXT NOT NULL,
    made TIMESTAMPTZ NOT NULL,
    transaction XID8 NOT NULL,
    events BYTEA NOT NULL
);
CREATE INDEX changes_by_transaction ON changes (transaction);
CREATE TABLE sessions (authority TEXT PRIMARY KEY, session BIGINT NOT NULL, replica TEXT NOT NULL)
    WITH (fillfactor = 50);
"""


def upgrade() -> None:
    """Make them."""
    op.execute(_TABLES)
    op.execute(_REPLICAS)
