"""Limits of a process that runs notebooks: it ends with its parent, takes its children along, and maps only so much memory.

Linux and macOS have process groups, which the runner kills; Windows has job objects, which a process puts itself into and which end with
it. macOS sets no limit to memory. Source: "Job Objects" in the Windows documentation (`winnt.h` for the layouts).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from typing import Any

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_EXTENDED_LIMITS = 9
_PROCESS_MEMORY, _KILL_ON_CLOSE = 0x100, 0x2000


def die_with_parent() -> None:
    """Let Linux kill this process when its parent is gone."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Let Linux count the children of a child that has ended as this process's own, so that they can be seen."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value)


def limit_memory(megabytes: int, job: WindowsJob | None = None) -> None:
    """Let the process map `megabytes` more than it has mapped now; 0 sets no limit, and lifts the one before."""
    if job:
        job.limit(psutil.Process().memory_info().vms + (megabytes << 20) if megabytes else 0)  # on Windows vms is what is committed
    elif sys.platform == "linux":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        asked = psutil.Process().memory_info().vms + (megabytes << 20) if megabytes else most
        resource.setrlimit(resource.RLIMIT_AS, (asked if most == resource.RLIM_INFINITY else min(asked, most), most))


class _BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = [
        ("process_time", ctypes.c_int64),
        ("job_time", ctypes.c_int64),
        ("flags", ctypes.c_uint32),
        ("least_working_set", ctypes.c_size_t),
        ("most_working_set", ctypes.c_size_t),
        ("most_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority", ctypes.c_uint32),
        ("scheduling", ctypes.c_uint32),
    ]


class JobLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = [
        ("basic", _BasicLimits),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    ]


class WindowsJob:
    """The job object of this process. Its only handle is this process's, so whatever it has started ends when it ends."""

    def __init__(self) -> None:
        self._system: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined,unused-ignore]
        self._system.CreateJobObjectW.restype = self._system.GetCurrentProcess.restype = ctypes.c_void_p
        self._system.SetInformationJobObject.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32]
        self._system.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._handle = self._system.CreateJobObjectW(None, None)
        self.limit(0)
        if not self._system.AssignProcessToJobObject(self._handle, self._system.GetCurrentProcess()):
            raise OSError(ctypes.get_last_error(), "AssignProcessToJobObject")  # type: ignore[attr-defined,unused-ignore]

    def limit(self, size: int) -> None:
        """Let every process of the job commit `size` bytes; 0 sets no limit."""
        limits = JobLimits(basic=_BasicLimits(flags=_KILL_ON_CLOSE | (_PROCESS_MEMORY if size else 0)), process_memory=size)
        if not self._system.SetInformationJobObject(self._handle, _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)):
            raise OSError(ctypes.get_last_error(), "SetInformationJobObject")  # type: ignore[attr-defined,unused-ignore]


def own_job() -> WindowsJob | None:
    """Return the job object of this process where there are such."""
    return WindowsJob() if sys.platform == "win32" else None


def end_group() -> None:
    """End this process and, where there are process groups, all of its own."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
