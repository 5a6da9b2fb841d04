"""No rule without a test: every error class that names a rule stands in the tests of this folder."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from rogatory.protocol.mls import errors

# Families of rules, which nothing raises by themselves, and what belongs to no message of another.
FAMILIES = {
    "CannotFollow",
    "CommitError",
    "FramingError",
    "InvalidSignature",
    "KeyPackageError",
    "LeafNodeError",
    "MLSError",
    "ProposalError",
    "SecretTreeError",
    "TreeError",
    "WelcomeError",
}
ELSEWHERE = {
    "InvalidKey": "what kem.py and signature.py raise, renamed by each rule here; test_suite.py",
    "StateError": "stored states, in tests/properties and tests/fuzz",
}


def classes() -> dict[str, type[errors.MLSError]]:
    return {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.MLSError)
    }


def test_every_error_is_raised_by_a_test() -> None:
    here = Path(__file__)
    text = "\n".join(path.read_text() for path in here.parent.glob("test_*.py") if path != here)
    # An import alone raises nothing: a name has to be there twice at least.
    untried = [
        name
        for name in classes()
        if name not in FAMILIES | ELSEWHERE.keys() and len(re.findall(rf"\b{name}\b", text)) < 2
    ]
    assert untried == []


def test_every_error_is_raised_by_the_library() -> None:
    folder = Path(inspect.getfile(errors)).parent
    text = "\n".join(path.read_text() for path in folder.glob("*.py") if path.name != "errors.py")
    unused = [name for name in classes() if name not in FAMILIES and not re.search(rf"\braise {name}\b", text)]
    assert unused == []


def test_every_error_cites_its_section() -> None:
    without = [
        name
        for name, value in classes().items()
        if name not in FAMILIES and name not in NO_SECTION and "section" not in (value.__doc__ or "")
    ]
    assert without == []


NO_SECTION = {"KeyMismatch", "OwnMessage", "PaddingTooShort", "StateError", "WrongGroup"}
