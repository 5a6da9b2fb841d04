"""The families of official vectors: how each is recognised, and what checks one case of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rogatory.protocol.mls import MLSError, UnsupportedSuite

from . import messages, passive_client, primitives, trees
from .expectation import Mismatch

Check = Callable[[dict[str, Any]], None]

# Family: the keys that only its cases have, and the check. The first that fits is taken.
FAMILIES: dict[str, tuple[frozenset[str], Check]] = {
    "tree-math": (frozenset({"n_leaves", "n_nodes", "sibling"}), primitives.tree_arithmetic),
    "deserialization": (frozenset({"vlbytes_header", "length"}), primitives.deserialization),
    "crypto-basics": (frozenset({"ref_hash", "sign_with_label"}), primitives.crypto_basics),
    "psk_secret": (frozenset({"psks", "psk_secret"}), primitives.psk_secrets),
    "key-schedule": (frozenset({"initial_init_secret", "epochs"}), primitives.key_schedule),
    "secret-tree": (frozenset({"encryption_secret", "leaves", "sender_data"}), primitives.secret_tree),
    "transcript-hashes": (frozenset({"interim_transcript_hash_before"}), primitives.transcript_hashes),
    "tree-operations": (frozenset({"tree_before", "proposal_sender"}), trees.tree_operations),
    "tree-validation": (frozenset({"tree", "resolutions"}), trees.tree_validation),
    "treekem": (frozenset({"leaves_private", "update_paths"}), trees.treekem),
    "messages": (frozenset({"mls_welcome", "group_secrets"}), messages.encodings),
    "message-protection": (frozenset({"membership_key", "application_priv"}), messages.message_protection),
    "passive-client": (frozenset({"welcome", "initial_epoch_authenticator"}), passive_client.passive_client),
    "welcome": (frozenset({"welcome", "signer_pub", "init_priv"}), messages.welcome),
}


@dataclass(slots=True)
class Result:
    """What a file came to; `failures` name the case and what was wrong."""

    family: str
    passed: int = 0
    not_supported: int = 0
    failures: list[str] = field(default_factory=list)


class NotVectors(Exception):
    """The file holds no vectors of a known family."""


def recognise(cases: object) -> str:
    """The family of a file's content. Raises NotVectors."""
    if isinstance(cases, list) and cases and isinstance(cases[0], dict):
        for family, (keys, _) in FAMILIES.items():
            if keys <= cases[0].keys():
                return family
    raise NotVectors


def run_file(path: Path) -> Result:
    """Check every case of a file. Raises NotVectors, or OSError for a file that cannot be read."""
    try:
        cases = json.loads(path.read_bytes())
    except ValueError as error:
        raise NotVectors(str(error)) from None
    result = Result(recognise(cases))
    _, check = FAMILIES[result.family]
    for number, case in enumerate(cases):
        try:
            check(case)
        except UnsupportedSuite:
            result.not_supported += 1
        except (MLSError, Mismatch, KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
            result.failures.append(f"case {number}: {type(error).__name__}: {error}")
        else:
            result.passed += 1
    return result
