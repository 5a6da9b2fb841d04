"""`python -m tests.benchmarks [--json] [--count N] [PART...]`: how fast it is on this machine, as a table or JSON.

Rates are by the clock, so that other load on the machine lowers them; processor time per piece stands beside. Ratios
compare figures of the same run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.benchmarks import attachments, mls, node_to_node, relay, signing
from tests.benchmarks.figures import Figure, show

PARTS = ("signing", "mls", "relay", "nodes", "attachments")
COUNT = 1000
FILE_MIB = 64
SIZES = (10, 100, 1000)
LEAST = 3


def measure(
    folder: Path, parts: list[str], count: int, sizes: tuple[int, ...], file_mib: int = FILE_MIB
) -> Iterator[Figure]:
    """Figures as they come. `count` documents from node to node; of what is quicker, more. A file of `file_mib` MiB."""
    for part in parts:
        where = folder / part
        where.mkdir()
        if part == "signing":
            yield from signing.measure(count)
        elif part == "mls":
            yield from mls.measure(count, sizes)
        elif part == "relay":
            yield from relay.measure(where, 10 * count)
        elif part == "nodes":
            yield from node_to_node.measure(where, count)
        elif part == "attachments":
            yield from attachments.measure(where, file_mib)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure, of: {', '.join(PARTS)} (all)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--count", type=int, default=COUNT, help=f"documents from node to node ({COUNT})")
    parser.add_argument("--file-mib", type=int, default=FILE_MIB, help=f"MiB of the attachment ({FILE_MIB})")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="members of the groups to commit in")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if options.count < 1 or min(options.sizes) < LEAST:
        parser.error("measure at least one document, and groups of three members or more")
    figures, sizes = [], tuple(options.sizes)
    with tempfile.TemporaryDirectory(prefix="rogatory-bench-") as folder:
        for figure in measure(Path(folder), options.parts or list(PARTS), options.count, sizes, options.file_mib):
            print(f"{figure.name}: {figure.value:,.2f} {figure.unit}", file=sys.stderr, flush=True)
            figures.append(figure)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(figures)).decode())
    else:
        show(figures)


if __name__ == "__main__":
    main(sys.argv[1:])
