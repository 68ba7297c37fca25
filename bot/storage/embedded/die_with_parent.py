"""Starts a program that ends when its parent does, even when the parent is ended with `kill -9`.

It is run as a script: `python die_with_parent.py PARENT_PID PROGRAM ARGUMENTS…`. The script asks the kernel for a
SIGTERM when the parent dies (prctl(2), PR_SET_PDEATHSIG; an exec keeps it) and then becomes the program by an exec.
The parent could call prctl between its fork and exec instead, but code that runs there is not safe in a process with
threads. On Linux only; elsewhere the script just becomes the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def main(arguments: list[str]) -> None:
    """Ask for the signal and become the program; return only if the parent is gone already."""
    parent, *program = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.umask(0o077)  # what the program writes is for this user alone
    if os.getppid() == int(parent):  # else it died before the kernel was asked to watch it
        os.execv(program[0], program)  # noqa: S606 — the program found by bot.storage.embedded.server_binary


if __name__ == "__main__":
    main(sys.argv[1:])
