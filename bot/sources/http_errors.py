"""What a failed request means: HTTP statuses, broken connections and Retry-After become SourceError.

Example: 429 with `Retry-After: 5` is a TemporaryFailure with RATE_LIMITED and a pause of 5 s; 403 is BLOCKED and is not
tried again; a connection that ends within the body is CUT_SHORT.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from bot.domain.errors import SourceError, SourceFault
from bot.network.errors import why_unconnected
from bot.sources.decompression import PIECE_BYTES, decompress

_READ_BYTES = 1 << 16  # of an error body, as it comes over the wire
_SHOWN_CHARACTERS = 150  # of an error body in a detail: enough for a sentence of it, too little to flood a log line
# Python knows many more, and not all decode every byte: `idna` and `undefined` raise, `punycode` takes long.
# The names are those of https://encoding.spec.whatwg.org/#names-and-labels that Python has as well.
_CHARSETS = frozenset(
    {"utf-8", "us-ascii", "utf-16", "utf-16le", "utf-16be", "koi8-r", "koi8-u", "macintosh"}
    | {f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17))}
    | {f"windows-{page}" for page in range(1250, 1259)}
    | {"gbk", "gb2312", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp"}
)
_MOST_BYTES_A_CHARACTER = 8  # more than any charset takes, so that enough is decoded
_PAUSE_DIGITS = 9
_LONGEST_PAUSE_S = 86400  # Retry-After may be any number, a timedelta may not; beyond a day it makes no difference


class RequestRefused(SourceError):
    """A 4xx answer that is not tried again: `status`, and the beginning of its `text`."""

    def __init__(self, fault: SourceFault, status: int, text: str) -> None:
        super().__init__(fault, f"HTTP {status}: {text}")
        self.status = status
        self.text = text


class TemporaryFailure(SourceError):
    """A failure that may be over in a moment."""


class NoRoomForBody(SourceError):
    """The file that a body is written to cannot be made, or takes no more."""

    def __init__(self, reason: str) -> None:
        super().__init__(SourceFault.TOO_LARGE, f"no room to keep it: {reason}")
        self.reason = reason


async def raise_for_failure(response: aiohttp.ClientResponse) -> None:
    """Raise the SourceError that a status other than 200 stands for, or an encoding nobody asked for."""
    status = response.status
    if status == 200:  # noqa: PLR2004 -- OK
        if (encoding := response.headers.get("Content-Encoding", "gzip").lower()) not in {"gzip", "x-gzip", "identity"}:
            raise SourceError(SourceFault.BAD_SHAPE, f"compressed in a way nobody asked for: {encoding[:20]}")
        return
    fault, is_temporary = _fault_of_status(status)
    text = await _body_excerpt(response)
    if is_temporary:
        raise TemporaryFailure(
            fault, f"HTTP {status}: {text}", retry_after=_retry_after(response.headers.get("Retry-After"))
        )
    raise RequestRefused(fault, status, text)


def _fault_of_status(status: int) -> tuple[SourceFault, bool]:
    """Return the fault a status stands for, and whether it may be over in a moment."""
    if status in {401, 402, 403, 451}:
        return SourceFault.BLOCKED, False
    if status == 408:  # noqa: PLR2004 -- Request Timeout
        return SourceFault.TIMEOUT, True
    if status == 429:  # noqa: PLR2004 -- Too Many Requests
        return SourceFault.RATE_LIMITED, True
    if status >= 500:  # noqa: PLR2004 -- the server's own faults, Cloudflare's 520–524 among them
        return SourceFault.SERVER_ERROR, True
    if status in {404, 410}:  # a file missing at the server, or a path that is not served
        return SourceFault.SERVER_ERROR, False
    return SourceFault.BAD_SHAPE, False


async def _body_excerpt(response: aiohttp.ClientResponse) -> str:
    """Return the first characters of an error body, printable and on one line."""
    try:
        wire = await response.content.read(_READ_BYTES)
        plain = next(filter(None, decompress([wire], limit=PIECE_BYTES)), b"")
    except (aiohttp.ClientError, SourceError):
        return ""
    text = plain[: _SHOWN_CHARACTERS * _MOST_BYTES_A_CHARACTER].decode(charset_of(response), errors="replace")
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())[:_SHOWN_CHARACTERS]


@contextmanager
def translate_errors(host: str) -> Iterator[None]:
    """Turn what aiohttp and asyncio raise into SourceError; details name the host, never the address."""
    try:
        yield
    except TimeoutError as error:
        raise TemporaryFailure(SourceFault.TIMEOUT, why_unconnected(error, host)) from error
    except aiohttp.ClientPayloadError as error:
        raise TemporaryFailure(SourceFault.CUT_SHORT, f"{host}: the connection ended within the body") from error
    except (aiohttp.ClientConnectionError, ConnectionError) as error:
        raise TemporaryFailure(SourceFault.UNREACHABLE, why_unconnected(error, host)) from error
    except aiohttp.InvalidURL as error:
        raise SourceError(SourceFault.UNREACHABLE, "not an address") from error
    except aiohttp.ClientError as error:  # an answer that is no HTTP
        raise TemporaryFailure(SourceFault.SERVER_ERROR, f"{host}: {type(error).__name__}") from error
    except OSError as error:  # the body's file
        raise NoRoomForBody(error.strerror or type(error).__name__) from error


def _retry_after(value: str | None) -> timedelta | None:
    """Read seconds or an HTTP date; None for neither. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after."""
    if value is None:
        return None
    if (seconds := value.strip()).isdecimal():
        # Of more digits than these `int` makes no number (ValueError), and a day has five.
        return timedelta(seconds=min(int(seconds[:_PAUSE_DIGITS]), _LONGEST_PAUSE_S))
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # "soon", "1e400", "-5"; a year or an offset beyond what a date can hold
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at - datetime.now(UTC), timedelta()), timedelta(seconds=_LONGEST_PAUSE_S))


def charset_of(response: aiohttp.ClientResponse) -> str:
    """Return the charset the server named, "utf-8" when it named none or one that is no web page's."""
    charset = (response.charset or "").lower()
    return charset if charset in _CHARSETS else "utf-8"
