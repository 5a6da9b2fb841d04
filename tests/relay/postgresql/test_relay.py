"""What a relay does with frames, by the tests of the one over SQLite: the same rules hold over PostgreSQL."""

from __future__ import annotations

import inspect

from tests.relay import (
    test_access,
    test_acknowledgements,
    test_append_and_deliver,
    test_invitations,
    test_key_packages,
    test_refused_appends,
)
from tests.relay.attachments.test_uploads import (
    ke,
    test_an_upload_comes_back_whole_and_by_any_range,
    test_two_uploads_of_one_blob_cannot_both_add,
)

__all__ = [
    "ke",
    "test_an_upload_comes_back_whole_and_by_any_range",
    "test_two_uploads_of_one_blob_cannot_both_add",
]

for _module in (
    test_access,
    test_acknowledgements,
    test_append_and_deliver,
    test_invitations,
    test_key_packages,
    test_refused_appends,
):
    for _name, _test in vars(_module).items():
        # Those of the fixtures `node` and `relay`, which are over PostgreSQL here.
        if _name.startswith("test_") and "node" in inspect.signature(_test).parameters:
            globals()[f"{_name}__{_module.__name__.rpartition('.')[2]}"] = _test
