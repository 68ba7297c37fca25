"""The library's HTTP client, adapted to thousands of channels."""

import asyncio

from bot.chat.discord.rest import RestClient


async def test_idle_rate_limits_are_forgotten_and_those_in_use_are_kept() -> None:
    http = RestClient(asyncio.get_running_loop())
    for number in range(1000):
        bucket = http.get_ratelimit(f"idle {number}")
        bucket.expires = http.loop.time() - 1
    fresh, sending = http.get_ratelimit("fresh"), http.get_ratelimit("sending")
    fresh.expires = sending.expires = http.loop.time() + 60
    sending.outgoing = 1
    http._swept_at = float("-inf")  # noqa: SLF001 — the last sweep was long ago
    http.get_ratelimit("new")
    assert set(http._buckets) == {"fresh", "sending", "new"}  # noqa: SLF001 — what is kept is the fact
