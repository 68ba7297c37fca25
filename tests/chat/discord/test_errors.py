"""Errors that no single answer of Discord brings about."""

from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import discord
import pytest

from bot.chat.discord.errors import translate
from bot.domain.errors import BadMessage, RetryLater
from bot.network.connector import connector_for
from bot.network.proxy_rules import ProxyRules


@dataclass
class Response:
    """As much of an answer as an exception reads."""

    status: int
    reason: str = "why"


AMBIGUOUS = {"ambiguous": True}
LIMITED = {"rate_limited": True}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (discord.RateLimited(40.5), {"after": timedelta(seconds=40.5), "whole_bot": False, **LIMITED}),
        (discord.HTTPException(Response(429), "banned"), {"after": timedelta(minutes=1), "whole_bot": True, **LIMITED}),
        (aiohttp.ServerDisconnectedError(), AMBIGUOUS),
        (ConnectionResetError(104, "reset"), AMBIGUOUS),
        (TimeoutError(), AMBIGUOUS),
        (RuntimeError("Session is closed"), AMBIGUOUS),
        (discord.DiscordServerError(Response(500), "oops"), AMBIGUOUS),
        (discord.DiscordServerError(Response(503), "away"), {"ambiguous": False}),
    ],
)
def test_what_passes_is_tried_again(error: Exception, expected: dict[str, object]) -> None:
    """What passes by itself becomes RetryLater, ambiguous when the message may have arrived."""
    ours = translate(error)
    assert isinstance(ours, RetryLater)
    assert ours.after > timedelta(0)
    assert {name: getattr(ours, name) for name in expected} == expected


async def test_a_connection_never_made_sent_nothing() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get("http://127.0.0.1:1/")
    ours = translate(caught.value)
    assert isinstance(ours, RetryLater)
    assert not ours.ambiguous


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_makes_no_connection_sent_nothing(kind: str) -> None:
    rules = ProxyRules(preferred=f"{kind}://127.0.0.1:1")
    async with aiohttp.ClientSession(connector=connector_for(rules, limit=1)) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get("https://discord.com/")
    ours = translate(caught.value)
    assert isinstance(ours, RetryLater)
    assert not ours.ambiguous


def test_what_discord_says_of_a_bad_message_is_kept_but_not_at_any_length() -> None:
    body = {"code": 50035, "message": "Invalid Form Body", "errors": {"embeds": {"_errors": [{"message": "x" * 999}]}}}
    ours = translate(discord.HTTPException(Response(400), body))
    assert isinstance(ours, BadMessage)
    assert "Invalid Form Body" in str(ours)
    assert len(str(ours)) < 300
