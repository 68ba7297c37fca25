"""Tries every connection that the service needs, for `runwatch check`: each ends in one sentence.

Example: "Telegram: does not know this token (HTTP 401). Check TELEGRAM_TOKEN …", or "Discord: discord.com does not
answer in time. If the network blocks it, set PROXY_URL.". All are tried at the same time.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

import aiohttp
from yarl import URL

from bot.cli.check_client import CheckClient
from bot.cli.connection_attempts import ConnectionAttempt, ConnectionProblem, connection_attempts
from bot.cli.finding import Finding
from bot.config.settings import Settings
from bot.messages.number_format import span
from bot.network.errors import ProxyFailed, why_unconnected

CLOCK_TOLERANCE = timedelta(minutes=2)
"""By how much this machine's clock may differ from everybody else's."""
_DEADLINE_S = 10.0  # for each of them, all at once: `check` ends within 15 s on a slow machine too


async def connection_findings(settings: Settings, *, deadline_s: float = _DEADLINE_S) -> Sequence[Finding]:
    """Return what came of each connection, of each proxy, and of comparing the clocks."""
    client = CheckClient(settings.proxies)
    async with client.opened():
        attempts = connection_attempts(settings, client)
        findings = await asyncio.gather(*(_finding_of(attempt, deadline_s) for attempt in attempts))
    return [*findings, *_proxy_findings(client), _clock_finding(client.clock_lead)]


async def _finding_of(attempt: ConnectionAttempt, deadline_s: float) -> Finding:
    try:
        async with asyncio.timeout(deadline_s):
            return Finding(f"{attempt.name}: {await attempt.run()}")
    except ConnectionProblem as problem:
        return Finding(f"{attempt.name}: {problem}", is_problem=True)
    except (aiohttp.ClientError, OSError) as error:
        why = why_unconnected(error, URL(attempt.address).host or "")
        is_another_matter = isinstance(error, ProxyFailed | aiohttp.ClientConnectorCertificateError)
        hint = "" if is_another_matter else " If the network blocks it, set PROXY_URL."
        return Finding(f"{attempt.name}: {why}.{hint}", is_problem=True)


def _proxy_findings(client: CheckClient) -> Iterator[Finding]:
    for proxy, answers in client.answers_by_proxy.items():
        yield Finding(f"The proxy {proxy}: {'works' if answers else 'nothing can be reached through it'}.", not answers)


def _clock_finding(lead: timedelta | None) -> Finding:
    if lead is None:
        return Finding("This machine's clock: not checked, because nothing answered.")
    if abs(lead) <= CLOCK_TOLERANCE:
        return Finding("This machine's clock: right.")
    which = "ahead" if lead > timedelta() else "behind"
    return Finding(
        f"This machine's clock: {span(abs(lead))} {which} of everybody else's. Set it, and let NTP keep it right "
        "(timedatectl set-ntp true); the bot judges by it whether figures are fresh.",
        is_problem=True,
    )
