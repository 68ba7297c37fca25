"""The dead man's switch: an address of the operator's that is called after each good poll."""

import structlog

from bot.domain.errors import SourceError
from bot.sources.http import Http

log = structlog.get_logger()


async def beat(http: Http, url: str) -> None:
    """Call the address; a failure is logged, without the address, and harms nothing else."""
    try:
        await http.fetch(url, accept="*/*")
    except SourceError as error:
        log.warning("heartbeat failed", reason=str(error.fault))
