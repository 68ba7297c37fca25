"""What a fetch takes and returns: requests, limits, cache validators, and bodies in memory or in a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long a fetch may take, and how many bytes a body may have, compressed (on the wire) and plain.

    `total` is the time of one attempt, `in_all` that of all attempts with the pauses between them. An answer has to
    begin within `stall`, and to bring 40 KB in every further span of that length: one that brings a byte a second
    would else hold its place for as long as `total`.
    """

    total: timedelta
    wire_bytes: int
    plain_bytes: int
    in_all: timedelta = timedelta(seconds=150)
    stall: timedelta = timedelta(seconds=40)


# In 2026 DefiLlama's list had 91 rows in 40 KB, and the body of its largest exchange 60 MB when plain. The caps leave
# both room to grow, and keep a body that never ends from filling the memory or the disk. The list is read in this
# process, where a single value of 8 MB would stop everything else for some 30 ms, one of 2 MB does not.
LIST_LIMITS = FetchLimits(timedelta(seconds=25), wire_bytes=2 << 20, plain_bytes=2 << 20)
DETAIL_LIMITS = FetchLimits(timedelta(seconds=120), wire_bytes=400 << 20, plain_bytes=400 << 20)


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request that is more than an address: `headers` of its own, and with POST the bytes of a `content`.

    Both may hold a key, and show in no `repr`.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)


Signer = Callable[[OutgoingRequest], OutgoingRequest]
"""Returns a request with a signature. It is called before every attempt, as a signature holds for a few seconds."""


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified of an answer: sent back, they let the upstream answer 304 instead of the same body.

    Keep them only beside a result that was good: a 304 after a body that could not be read would hide the next one.
    https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
    """

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return the conditional headers."""
        values = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Body:
    """A whole plain body; `charset` is the one the server named, "utf-8" when none or an unknown one."""

    content: bytes
    validators: Validators
    charset: str = "utf-8"

    @property
    def text(self) -> str:
        """Return the body as text; bytes that are invalid in its charset become “�”."""
        return self.content.decode(self.charset, errors="replace")


@dataclass(frozen=True, slots=True)
class SpooledBody:
    """A body as it came, compressed or not, in a file without a name (`body_file`) that is gone when closed."""

    file: BinaryIO
    validators: Validators
