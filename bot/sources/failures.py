"""What went wrong with an answer, whatever was raised: one SourceError, so that an answer can be said to have failed.

Example: HTTP 451 is BLOCKED "blocked from this host's region", a field of the wrong type is BAD_SHAPE with the place
that msgspec names, and what nobody foresaw is CRASHED, with its traceback in the log.
"""

import msgspec
import structlog

from bot.domain.errors import SourceError, SourceFault
from bot.sources.http_errors import RequestRefused

BLOCKED_REGION = "blocked from this host's region"
"""The detail of HTTP 403 and 451: most exchanges answer so to countries that they do not serve."""

_REGION_STATUSES = frozenset((403, 451))

log = structlog.get_logger()


def as_source_error(error: Exception, source: str) -> SourceError:
    """Return what an error means: for the shape of an answer, msgspec says which part of it is wrong."""
    match error:
        case RequestRefused(status=status) if status in _REGION_STATUSES:
            return SourceError(SourceFault.BLOCKED, BLOCKED_REGION)
        case SourceError():
            return error
        case msgspec.ValidationError():
            return SourceError(SourceFault.BAD_SHAPE, str(error))
        case msgspec.DecodeError() | UnicodeDecodeError():
            return SourceError(SourceFault.NOT_JSON, "")
        case RecursionError():
            return SourceError(SourceFault.BAD_SHAPE, "nested too deeply")
        case _:
            log.error("an answer could not be read", source=source, exc_info=error)
            return SourceError(SourceFault.CRASHED, type(error).__name__)
