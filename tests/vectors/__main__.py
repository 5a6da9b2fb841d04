"""`python -m tests.vectors PATH...`: check files, or folders of files, of official MLS vectors."""

from __future__ import annotations

import sys
from pathlib import Path

from .families import NotVectors, run_file

SHOWN_FAILURES = 5


def files_of(path: Path) -> list[Path]:
    return sorted(path.glob("**/*.json")) if path.is_dir() else [path]


def report(path: Path) -> bool:
    """Print what a file came to; whether nothing failed."""
    try:
        result = run_file(path)
    except NotVectors:
        print(f"{path.name}: not a file of a known family")
        return False
    except OSError as error:
        print(f"{path.name}: cannot be read: {error.strerror}")
        return False
    print(
        f"{path.name}: {result.family}: {result.passed} passed, {len(result.failures)} failed, "
        f"{result.not_supported} not supported (suite)"
    )
    for failure in result.failures[:SHOWN_FAILURES]:
        print(f"    {failure}")
    return not result.failures


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    files = [file for argument in arguments for file in files_of(Path(argument))]
    if not files:
        print("no vectors found")
        return 1
    failing = [file for file in files if not report(file)]
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
