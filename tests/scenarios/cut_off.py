"""A node whose machine reaches no relay: connections out of its process are refused, as without a cable."""

from __future__ import annotations

import sys

from tests.node.process import NodeProcess

_CUT = """
import sys

def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        raise ConnectionRefusedError(111, "no cable")

sys.addaudithook(refuse)
sys.argv[0] = "rogatory-node"
from rogatory.node.cli.main import main
main()
"""


class CutOff(NodeProcess):
    """Its local API is reached as ever: that is a connection into it."""

    def _command(self, *arguments: str) -> list[str]:
        if arguments[:1] == ("run",):
            return [sys.executable, "-c", _CUT, *arguments]
        return super()._command(*arguments)
