"""What the operating system says of files, as texts of ours: it speaks the language that the machine was set up in."""

from __future__ import annotations

import errno
from typing import Final

from rogatory.protocol.text import Message, message

_REASONS: Final = {
    errno.ENOENT: message("there is no such file or folder"),
    errno.EACCES: message("it may not be read or written here"),
    errno.EPERM: message("the system does not allow that"),
    errno.EEXIST: message("it is there already"),
    errno.EISDIR: message("it is a folder"),
    errno.ENOTDIR: message("a part of its path is no folder"),
    errno.ENOTEMPTY: message("the folder is not empty"),
    errno.ENOSPC: message("the disk is full"),
    errno.EROFS: message("the disk cannot be written to"),
    errno.EADDRINUSE: message("the address is taken"),
    errno.ECONNREFUSED: message("nobody answers there"),
}


def reason_of(error: OSError) -> str:
    """Why it failed: in our words where we have any, else in the system's."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def file_problem(error: OSError) -> Message:
    """What failed, with the name of the file where there is one."""
    if not error.filename:
        return message("{reason}", reason=reason_of(error))
    return message("{file}: {reason}", file=str(error.filename), reason=reason_of(error))
