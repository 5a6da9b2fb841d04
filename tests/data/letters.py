"""The complete requests in `requests/`, by form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "requests"

FILES: Final[Mapping[str, Path]] = {path.name.split(".")[0]: path for path in sorted(FOLDER.glob("*.json"))}
"""By form."""

_READ: Final[Mapping[str, dict[str, Any]]] = {form: json.loads(path.read_bytes()) for form, path in FILES.items()}


def request_of(form: str, **changes: Any) -> dict[str, Any]:
    """The fields of the complete request of a form."""
    return deepcopy(_READ[form]) | changes
