"""A disk that is full from the n-th write of a run on, whichever of its processes makes it, or just for that one.

As a program it stands for Python: `full_disk.py -m MODULE ARGUMENTS…`, so that workers have the same disk.
"""

import errno
import os
import runpy
import stat
import sys

FULL_AT, ONCE, COUNTED = "POSTLOAN_FULL_AT", "POSTLOAN_FULL_ONCE", "POSTLOAN_WRITES"
"""Environment: the number of the write, whether only that one fails, and the file that counts writes, one byte each."""
_fsync, _replace = os.fsync, os.replace


def install() -> None:
    """From here on the writes of this process and its children count."""
    os.fsync, os.replace = _counted_fsync, _counted_replace


def _counted_fsync(descriptor: int) -> None:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        _count()
    _fsync(descriptor)


def _counted_replace(*arguments: str, **options: int) -> None:
    _count()
    _replace(*arguments, **options)


def _count() -> None:
    counter = os.open(os.environ[COUNTED], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(counter, b".")
        number, full_at = os.fstat(counter).st_size, int(os.environ[FULL_AT])
    finally:
        os.close(counter)
    if number == full_at or number > full_at and not os.environ.get(ONCE):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


if __name__ == "__main__":
    install()
    del sys.argv[0:2]  # this file, -m
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
