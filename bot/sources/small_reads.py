"""Sockets of which little can be read at a time, so that what is read is handled quickly.

aiohttp handles whatever asyncio reads from a socket in one go. That is up to 256 KB, and in a body that consists of
chunks of one byte each 43,000 of them: 42 ms in which nothing else runs. With 48 KB in the socket it is some 10 ms. A
body of 6 MB still comes within 3 s from a host that is 20 ms away.
"""

import socket
from collections.abc import Sequence
from typing import Any

_RECEIVE_BUFFER_BYTES = 24 << 10
"""Linux doubles it, for its own book-keeping (https://man7.org/linux/man-pages/man7/socket.7.html, SO_RCVBUF)."""


def small_socket(address: Sequence[Any]) -> socket.socket:
    """Return a socket for an address as `getaddrinfo` names it: family, type, protocol and more."""
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    # Before it connects: the size of the window is agreed on then.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    return made
