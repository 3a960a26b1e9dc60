"""A process that has imported postloan and forks a runner for every line it is sent; what is killed is a process as real as any other.

A line is JSON: words of the command line, environment, and the file for what is printed. Answers are the runner's process id and, when it
has ended, its exit code (below 0: the signal).
"""

import json
import os
import sys

import full_disk
import postloan.cli.main
import postloan.month_end.pdf
import postloan.run


def _forked() -> dict:
    """What the runner is asked, in the runner; the starter itself leaves by the end of its input."""
    while line := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            return json.loads(line)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    sys.exit()


def _become_runner(asked: dict) -> None:
    os.setsid()
    os.environ.update(asked["environment"])
    said, nothing = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), os.open(os.devnull, os.O_RDONLY)
    for descriptor, other in ((0, nothing), (1, said), (2, said)):
        os.dup2(other, descriptor)
    sys.argv = ["postloan", *asked["words"]]
    if full_disk.FULL_AT in asked["environment"]:
        full_disk.install()
        sys.executable = asked["environment"]["POSTLOAN_PYTHON"]


_become_runner(_forked())
postloan.cli.main.main()
