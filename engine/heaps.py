"""Keep glibc from hoarding memory that the program has given back; with other C libraries nothing is done."""

import ctypes
import os
import sys
from functools import cache

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

# glibc gives every thread a heap of its own, up to eight a core, and each keeps what its thread once needed: 537 MiB in
# 20 threads of the window. Python's own lock lets few threads ask at once, so that two heaps are enough.
HEAPS = 2
# What is larger gets pages of its own, which go back at once when it is freed: pictures and batches of them. glibc by
# itself raises the bound, up to 32 MiB, as soon as such a thing is freed.
OWN_PAGES = 4 << 20
KEPT_ON_TOP = 16 << 20  # of each heap; less asks the system for more at every other turn


def bound_heaps() -> bool:
    """Hold this process's heaps to bounds, at its start, before there are threads. Returns whether it could be done."""
    libc = _glibc()
    if libc is None:
        return False
    bounds = ((_M_ARENA_MAX, HEAPS), (_M_MMAP_THRESHOLD, OWN_PAGES), (_M_TRIM_THRESHOLD, KEPT_ON_TOP))
    done = [libc.mallopt(which, value) == 1 for which, value in bounds]
    return all(done)


def trim_heaps() -> None:
    """Give back to the system what lies free in the heaps: about a millisecond a megabyte, in which other threads may
    wait for memory."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        name = os.confstr("CS_GNU_LIBC_VERSION")
    except (OSError, ValueError):  # another C library
        return None
    return ctypes.CDLL(None) if name and name.startswith("glibc") else None
