"""Keeps rich and pygments out of a process that draws nothing for a terminal.

structlog and httpx import them when they are imported, for tracebacks in colour and a command line that the bot has no
use for: 4 MB of a service that takes 120. Both are prepared for an installation without them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rich_absent() -> Iterator[None]:
    """Let whatever is imported inside find no rich and no pygments, unless they are imported already.

    None in the place of a module is an ImportError for whoever imports it.
    https://docs.python.org/3/reference/import.html#the-module-cache
    """
    absent = [name for name in ("rich", "pygments") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
