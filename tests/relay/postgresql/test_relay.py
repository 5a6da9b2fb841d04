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
