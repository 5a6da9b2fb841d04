"""No decoder is missing from the registry, and every one decodes its examples."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable

import pytest

import rogatory.protocol

from .decoders import DECODERS

VERBS = ("decode", "open", "parse", "peek", "read", "restore", "unpack")
BASES = {"rogatory.protocol.mls.codec.Structure.decode", "rogatory.protocol.mls.codec.Structure.read"}


def reads(function: Callable[..., object]) -> bool:
    """Whether it is given bytes, or a reader of them."""
    return any(held.annotation in ("bytes", "Reader") for held in inspect.signature(function).parameters.values())


def takes_bytes() -> set[str]:
    """By name: public functions of bytes, and class methods of public classes, that begin with one of the verbs."""
    found = set()
    for info in pkgutil.walk_packages(rogatory.protocol.__path__, "rogatory.protocol."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) != module.__name__ or name.startswith("_"):
                continue
            if inspect.isfunction(value) and name.split("_")[0] in VERBS and reads(value):
                found.add(f"{module.__name__}.{name}")
            if inspect.isclass(value):
                found.update(
                    f"{module.__name__}.{name}.{method}"
                    for method, held in vars(value).items()
                    if isinstance(held, classmethod) and method.split("_")[0] in VERBS
                )
    return found - BASES


def test_every_decoder_is_registered() -> None:
    assert takes_bytes() == DECODERS.keys()


@pytest.mark.parametrize("name", DECODERS)
def test_examples_decode(name: str) -> None:
    decoder = DECODERS[name]
    assert decoder.examples
    for example in decoder.examples:
        value = decoder.decode(example)
        if decoder.encode is not None:
            assert decoder.encode(value) == example
