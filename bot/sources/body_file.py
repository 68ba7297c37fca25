"""Where a large body waits to be read: a temporary file, or memory where no such file can be written.

Example: /tmp is read-only, or full. The body of Binance, 6 MB on the wire, is then kept in a file of Linux that has no
disk behind it (memfd_create), which the decoder process can read like any other.
"""

import os
import sys
import tempfile
from typing import BinaryIO

MEMORY_BODY_BYTES = 64 << 20
"""On the wire; ten times the largest body of 2026. On a disk there is room for more."""


def temporary_file() -> BinaryIO:
    """Return a new file without a name, in TMPDIR or /tmp; raise OSError."""
    return tempfile.TemporaryFile()


def memory_file() -> BinaryIO:
    """Return a new file that is in memory only; raise OSError where the system has none (all but Linux)."""
    if sys.platform != "linux":
        raise OSError("this system has no files in memory")
    return os.fdopen(os.memfd_create("body"), "w+b")
