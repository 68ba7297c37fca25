"""The dead man's switch: calls HEARTBEAT_URL, an address of the operator's, after each good poll.

A monitoring service behind that address notices when the calls stop, and with them the bot.
"""

import structlog

from bot.domain.errors import SourceError
from bot.sources.http import Http

log = structlog.get_logger()


async def beat(http: Http, url: str) -> None:
    """Call the address; a failure is logged, without the address (it is a secret), and raises nothing."""
    try:
        await http.fetch(url, accept="*/*")
    except SourceError as error:
        log.warning("heartbeat failed", reason=str(error.fault))
