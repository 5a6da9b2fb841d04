"""One file for each form of request. A file put here is a form known everywhere: nothing else names it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rogatory.protocol.documents.requests.request import Request, form_name


def _all_forms() -> Mapping[str, type[Request]]:
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    forms, waiting = [], [Request]
    while waiting:
        subclasses = waiting.pop().__subclasses__()
        waiting += subclasses
        forms += [each for each in subclasses if "TITLE" in vars(each)]
    return MappingProxyType({form_name(form): form for form in sorted(forms, key=form_name)})


FORMS: Final[Mapping[str, type[Request]]] = _all_forms()
"""By name."""
