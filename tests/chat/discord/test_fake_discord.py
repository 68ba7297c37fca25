"""The fake Discord is as strict as the real one, which is what the other tests rely on."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_limits import message_problems
from tests.fakes.discord_rest import ANSWERED_WITHIN
from tests.fakes.discord_world import Channel, User

HEADERS = {"Authorization": f"Bot {TOKEN}"}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield session


@pytest.fixture
def channel(discord: FakeDiscord) -> Channel:
    return discord.channel(discord.guild())


async def identified(http: aiohttp.ClientSession, discord: FakeDiscord, **identity: object) -> int | None:
    """Return the code the gateway closes with after an IDENTIFY, None when it says READY."""
    async with http.ws_connect(f"{discord.gateway_url}?v=10&encoding=json") as socket:
        assert (await socket.receive_json())["op"] == 10
        await socket.send_json({"op": 2, "d": {"token": TOKEN, "intents": 1} | identity})
        message = await socket.receive()
        return None if message.type is aiohttp.WSMsgType.TEXT else socket.close_code


async def test_another_token_is_a_401(http: aiohttp.ClientSession, discord: FakeDiscord) -> None:
    async with http.get(f"{discord.api_url}/users/@me", headers={"Authorization": "Bot x"}) as response:
        assert response.status == 401
        assert response.headers["Content-Type"] == "application/json"


async def test_the_gateway_checks_token_and_intents(http: aiohttp.ClientSession, discord: FakeDiscord) -> None:
    assert await identified(http, discord) is None
    assert await identified(http, discord, token="x") == 4004  # noqa: S106 — another one
    assert await identified(http, discord, intents=1 << 15) == 4014


async def test_a_title_that_is_too_long_is_refused_in_discords_form(
    http: aiohttp.ClientSession, discord: FakeDiscord, channel: Channel
) -> None:
    url = f"{discord.api_url}/channels/{channel.id}/messages"
    async with http.post(url, json={"embeds": [{"title": "x" * 257}]}) as response:
        assert response.status == 400
        body = await response.json()
    assert body["code"] == 50035
    assert body["errors"]["embeds"]["0"]["title"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    assert discord.messages(channel) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": "x" * 2001},
        {"content": "x", "nonce": "x" * 26},
        {"embeds": [{"description": "x" * 4097}]},
        {"embeds": [{"title": "x", "fields": [{"name": "n", "value": "v"}] * 26}]},
        {"embeds": [{"title": "x", "fields": [{"name": " ", "value": "v"}]}]},
        {"embeds": [{"title": "x", "fields": [{"name": "n", "value": "v" * 1025}]}]},
        {"embeds": [{"title": "x", "footer": {"text": "x" * 2049}}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]},
        {"content": "x", "components": [{"type": 1, "components": []}]},
        {"content": "x", "components": [{"type": 1, "components": [{"type": 2, "style": 2, "custom_id": "a"}]}]},
        {"content": "x", "allowed_mentions": {"parse": ["roles"], "roles": ["1"]}},
    ],
)
def test_each_limit_is_kept(body: dict[str, object]) -> None:
    assert message_problems(body, new=True)


async def test_a_second_answer_and_a_late_one_are_refused(http: aiohttp.ClientSession, discord: FakeDiscord) -> None:
    async with http.ws_connect(f"{discord.gateway_url}?v=10&encoding=json") as socket:
        await socket.send_json({"op": 2, "d": {"token": TOKEN, "intents": 1}})
        answer = await discord.press("a", channel=discord.dm(User("anna")), wait=False)
        url = f"{discord.api_url}/interactions/{answer.id}/{answer.token}/callback"
        codes = []
        for seconds_ago in (0, 0, ANSWERED_WITHIN + 1):
            answer.at = min(answer.at, asyncio.get_running_loop().time() - seconds_ago)
            async with http.post(url, json={"type": 4, "data": {"content": "hello"}}) as response:
                body = await response.json()
                codes.append(body.get("code", response.status))
    assert codes == [200, 40060, 10062]


async def test_a_sixth_message_within_five_seconds_is_a_429(http: aiohttp.ClientSession) -> None:
    async with FakeDiscord(rates=True) as discord:
        channel = discord.channel(discord.guild())
        url = f"{discord.api_url}/channels/{channel.id}/messages"
        answers = [await http.post(url, json={"content": str(number)}) for number in range(6)]
        assert [answer.status for answer in answers] == [200] * 5 + [429]
        assert "Via" in answers[-1].headers
        assert 0 < (await answers[-1].json())["retry_after"] <= 5
        for answer in answers:
            answer.release()
