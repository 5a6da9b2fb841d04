"""The same offices as for matters."""

from tests.node.matters.conftest import offices

__all__ = ["offices"]
