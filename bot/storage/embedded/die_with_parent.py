"""Becomes another program that ends when its parent does, even when the parent is killed outright.

Run as a script of its own, before the server: `python leash.py PARENT_PID PROGRAM ARGUMENTS…`. It asks the kernel for
a SIGTERM at the parent's death (prctl(2), PR_SET_PDEATHSIG; kept over exec) and then turns into the program, so that
nothing has to run between fork and exec in the parent, which may have threads. Linux only: elsewhere it just turns
into the program.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Tie this process to the parent and become the program; return only when the parent is already gone."""
    parent, *program = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() == int(parent):  # else it died before the kernel knew whom to watch
        os.execv(program[0], program)  # noqa: S606 — the program found by bot.storage.embedded.server_binary


if __name__ == "__main__":
    main(sys.argv[1:])
