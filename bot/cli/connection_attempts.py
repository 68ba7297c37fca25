"""The connections that the service needs, each tried once for `runwatch check`; nothing is changed anywhere.

Each attempt returns the rest of a sentence that begins with its name, or raises ConnectionProblem with one.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from bot.cli.check_client import CheckClient
from bot.config.settings import Settings
from bot.domain.errors import SourceError, echo
from bot.sources.defillama.source import listing_rows, usable_listings

_BLOCKED = frozenset((HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS))
_MAX_NAMED = 5  # exchanges in a sentence
_TOKEN_REFUSED = frozenset((HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND))  # 404: what looks like no token at all


class ConnectionProblem(Exception):
    """Somebody was reached, and does not do what the service needs."""


@dataclass(frozen=True, slots=True)
class ConnectionAttempt:
    """A connection by its name and its address, and what tries it."""

    name: str
    address: str
    run: Callable[[], Awaitable[str]]


def connection_attempts(settings: Settings, client: CheckClient) -> Iterator[ConnectionAttempt]:
    """Yield an attempt for each platform that has a token, for the source, and for the monitor."""
    if settings.telegram_token:
        token, address = settings.telegram_token.get_secret_value(), settings.telegram_api_url
        yield ConnectionAttempt("Telegram", address, partial(_try_telegram, client, address, token))
    if settings.discord_token:
        token, address = settings.discord_token.get_secret_value(), settings.discord_api_url
        yield ConnectionAttempt("Discord", address, partial(_try_discord, client, address, token))
        gateway = settings.discord_gateway_url
        yield ConnectionAttempt("Discord's gateway", gateway, partial(_try_gateway, client, gateway))
    source = settings.defillama_url
    yield ConnectionAttempt("DefiLlama", source, partial(_try_defillama, client, source, settings.exchanges))
    if settings.heartbeat_url:
        # Its own address would tell the monitor that all is well.
        origin = str(URL(settings.heartbeat_url.get_secret_value()).origin())
        yield ConnectionAttempt("The monitor at HEARTBEAT_URL", origin, partial(_try_monitor, client, origin))


async def _try_telegram(client: CheckClient, address: str, token: str) -> str:
    answer = await client.get(f"{address}/bot{token}/getMe")
    if answer.status in _TOKEN_REFUSED:
        raise ConnectionProblem(
            f"does not know this token (HTTP {answer.status}). Check TELEGRAM_TOKEN: @BotFather shows it under /mybots."
        )
    _raise_for_status(answer.status)
    bot_user = _json_object(answer.body, "TELEGRAM_API_URL").get("result")
    if not isinstance(bot_user, dict) or "username" not in bot_user:
        raise ConnectionProblem("does not answer like the Bot API. Check TELEGRAM_API_URL.")
    return f"the token works; it is that of @{bot_user['username']}."


async def _try_discord(client: CheckClient, address: str, token: str) -> str:
    answer = await client.get(f"{address}/users/@me", {"Authorization": f"Bot {token}"})
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise ConnectionProblem(
            "does not know this token (HTTP 401). Check DISCORD_TOKEN: the Developer Portal makes a new one (page "
            "Bot, Reset Token)."
        )
    _raise_for_status(answer.status)
    bot_user = _json_object(answer.body, "DISCORD_API_URL")
    if "username" not in bot_user:
        raise ConnectionProblem("does not answer like Discord. Check DISCORD_API_URL.")
    return f"the token works; it is that of {bot_user['username']}."


async def _try_gateway(client: CheckClient, address: str) -> str:
    try:
        async with client.websocket(str(URL(address).with_query(v=10, encoding="json"))) as socket:
            hello = await socket.receive_json()
    except aiohttp.WSServerHandshakeError as error:
        raise ConnectionProblem(
            f"does not open a websocket (HTTP {error.status}). Check DISCORD_GATEWAY_URL."
        ) from error
    except aiohttp.ClientConnectorCertificateError:  # a ValueError, too
        raise
    except (TypeError, ValueError) as error:  # it was closed, or sends no JSON
        raise ConnectionProblem("does not answer like Discord's gateway. Check DISCORD_GATEWAY_URL.") from error
    # https://docs.discord.com/developers/events/gateway#connection-lifecycle
    if not isinstance(hello, dict) or "d" not in hello:
        raise ConnectionProblem("does not answer like Discord's gateway. Check DISCORD_GATEWAY_URL.")
    return "answers."


async def _try_defillama(client: CheckClient, address: str, wanted: Collection[str]) -> str:
    answer = await client.get(f"{address}/cexs")
    _raise_for_status(answer.status)
    try:
        listings = usable_listings(tuple(listing_rows(answer.body, datetime.now(UTC))))
    except SourceError as error:
        raise ConnectionProblem(f"sends no list of exchanges ({error}). Check DEFILLAMA_URL.") from error
    if unknown := sorted(set(wanted) - {listing.exchange.id for listing in listings}):
        named = ", ".join(map(echo, unknown[:_MAX_NAMED])) + (", …" if len(unknown) > _MAX_NAMED else "")
        raise ConnectionProblem(
            f"EXCHANGES names what is not listed: {named}. “runwatch ask /exchanges” lists the names."
        )
    with_wallets = sum(listing.exchange.slug is not None for listing in listings)
    return f"lists {len(listings)} exchanges, {with_wallets} with wallets."


async def _try_monitor(client: CheckClient, origin: str) -> str:
    await client.get(origin)
    return f"{URL(origin).host} can be reached."


def _raise_for_status(status: int) -> None:
    if status == HTTPStatus.OK:
        return
    if status in _BLOCKED:
        raise ConnectionProblem(
            f"refuses this network or region (HTTP {status}); set PROXY_URL to reach it another way."
        )
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise ConnectionProblem("the proxy refuses the login (HTTP 407).")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ConnectionProblem("asks for a pause (HTTP 429): this address asks too often.")
    raise ConnectionProblem(f"answers HTTP {status}: it has a problem, or its address in the settings is wrong.")


def _json_object(body: bytes, setting: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ConnectionProblem(
            f"a web page came instead of an answer. Check {setting}, and whether this network asks for a login."
        )
    return content
