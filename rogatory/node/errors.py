"""What a node refuses, and why. The text says whose fault it is; `next_step` says what to do now.

`code` names the error in the local API's answers, `status` is its HTTP status there, and `exit_code` is what
a command ends with:

0 done · 1 a fault of this program · 2 wrong usage · 3 refused input · 4 the daemon is not reachable ·
5 wrong passphrase or not authorised · 6 not found · 7 in conflict with the present state ·
8 stored data is damaged or unreadable
"""

from typing import ClassVar


class NodeError(Exception):
    """Base of every error that a node raises on purpose."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    exit_code: ClassVar[int] = 3

    def __init__(self, explanation: str, next_step: str = "") -> None:
        super().__init__(explanation)
        self.explanation = explanation
        self.next_step = next_step


class RefusedInput(NodeError):
    """What was asked for is incomplete, malformed or not allowed."""


class NotAllowed(NodeError):
    """Roster, charter or directory do not let this authority do that."""

    code = "not_allowed"
    status = 403


class NotFound(NodeError):
    """There is no such thing here."""

    code = "not_found"
    status = 404
    exit_code = 6


class Conflict(NodeError):
    """It cannot be done as things stand now; later, or after something else, it may."""

    code = "conflict"
    status = 409
    exit_code = 7


class Unauthorised(NodeError):
    """The caller did not show that it may ask."""

    code = "unauthorised"
    status = 401
    exit_code = 5


class DaemonUnreachable(NodeError):
    """The node's daemon does not answer."""

    code = "unreachable"
    status = 503
    exit_code = 4


class DamagedStore(NodeError):
    """Stored data cannot be read: damaged, of another version, or under another key."""

    code = "damaged"
    status = 500
    exit_code = 8


class NoDirectory(Conflict):
    """No directory has been accepted yet, so nobody can be addressed or believed."""


class ProgramFault(NodeError):
    """A fault of this program. Nothing of what it was at stands."""

    code = "fault"
    status = 500
    exit_code = 1
