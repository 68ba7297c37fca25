"""What a child process may use: its memory and its processor time are bounded by the kernel, not by its good will."""

import sys

NICENESS = 10  # the event loop goes first where cores are few


def limit_resources(*, memory_bytes: int, cpu_s: int, niceness: int = NICENESS) -> None:
    """Bound the address space and the processor time of this process, and let others go first; nothing on Windows."""
    if sys.platform == "win32":
        return
    import os  # noqa: PLC0415 -- `resource` and `os.nice` do not exist on Windows
    import resource  # noqa: PLC0415

    os.nice(niceness)
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
    ):
        _lower(kind, limit)


def allow_cpu_s(seconds: int) -> None:
    """Let this process use so many more seconds of processor time from now on; nothing on Windows."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 -- as above

    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _lower(kind: int, limit: int) -> None:
    """Set a soft limit, which may be raised again up to the hard one that the process was started with."""
    import resource  # noqa: PLC0415 -- as above

    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
