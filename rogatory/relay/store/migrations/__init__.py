"""The history of the schema that replicas share, as alembic keeps it: one file a revision, in `versions`.

A change of `store.schema` needs a revision here, in the same commit (a test compares). A revision is never edited once
it was released. They are run as SQL text, so that the driver of the store runs them, in one transaction.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

VERSION_TABLE: Final = "alembic_version"

_history: Final = ScriptDirectory(str(Path(__file__).parent))


def head() -> str:
    """The revision that this program works with."""
    revision = _history.get_current_head()
    assert revision is not None
    return revision


def known() -> list[str]:
    """All revisions, from the first to `head`."""
    return [script.revision for script in reversed(list(_history.walk_revisions()))]


def upgrade_script(dialect: str, current: str | None, target: str | None = None) -> str:
    """SQL that brings a database from revision `current` (None: an empty one) to `target`, by default `head`."""
    text = io.StringIO()
    wanted = target or head()
    options = {
        "as_sql": True,
        "output_buffer": text,
        "transactional_ddl": False,  # who runs it begins and commits
        "starting_rev": current,
        "fn": lambda revision, _: _history._upgrade_revs(wanted, revision),
    }
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    with Operations.context(context):
        context.run_migrations()
    return text.getvalue()
