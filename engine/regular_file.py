"""Files that others have named: neither a FIFO in a file's place nor a clock that is centuries off may do harm."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_LATEST_NS = 2**63 - 1  # the year 2262: what 64 bits hold, in numpy and in SQLite
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read it. Raises OSError for everything else, and ValueError for a path that
    no file can have."""
    descriptor = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def modified_ns(info: os.stat_result) -> int:
    """When a file was changed, in nanoseconds since 1970, within 64 bits: file systems know years far beyond 2262."""
    return max(-_LATEST_NS, min(info.st_mtime_ns, _LATEST_NS))
