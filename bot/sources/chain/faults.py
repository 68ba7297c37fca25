"""What goes wrong while a chain is asked, as SourceError without a word of the address, which may hold a key.

Example: "HTTP 401: invalid project id 1f2e3d" becomes "HTTP 401", and "node.example does not answer in time" becomes
"ETH_RPC_URL does not answer in time".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec

from bot.domain.errors import SourceError, SourceFault


@contextmanager
def without_address(setting: str, url: str) -> Iterator[None]:
    """Raise every failure inside as a SourceError that names the setting in place of its host."""
    try:
        yield
    except SourceError as error:
        detail = error.detail.partition(":")[0] if error.detail.startswith("HTTP ") else error.detail
        host = urlsplit(url).hostname
        named = detail.replace(host, setting) if host else detail
        # Not chained: the log would show the cause, which has the host.
        raise SourceError(error.fault, named, retry_after=error.retry_after) from None
    except msgspec.ValidationError as error:
        raise SourceError(SourceFault.BAD_SHAPE, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SourceError(SourceFault.NOT_JSON) from None
    except RecursionError:
        raise SourceError(SourceFault.BAD_SHAPE, "nested too deeply") from None
