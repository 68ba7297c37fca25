import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.chat.telegram.polling import PollingTimeouts, UpdatePoller
from bot.chat.telegram.transport import AiohttpRequest, BotApi
from bot.chat.telegram.update_parser import BotIdentity, Json
from tests.chat.telegram.scene import RecordedSleeps, Scene
from tests.fakes.telegram import FakeTelegram
from tests.waiting import stop, until


@dataclass
class Watched:
    """A poller, what it heard, and the time it believes in."""

    telegram: FakeTelegram
    margin: float = 30.0
    poll: float = 5.0
    time: float = 1000.0
    naps: RecordedSleeps = field(default_factory=RecordedSleeps)
    heard: list[Json] = field(default_factory=list)
    greeted: list[BotIdentity] = field(default_factory=list)
    awake: Callable[[], bool] = lambda: True
    make: Callable[[AiohttpRequest], BotApi] = BotApi

    def __post_init__(self) -> None:
        patience = PollingTimeouts(poll=self.poll, margin=self.margin, sleep=self._sleep, clock=lambda: self.time)
        self.poller = UpdatePoller(self._connect, greet=self._greet, receive=self._receive, patience=patience)

    def _connect(self) -> BotApi:
        return self.make(AiohttpRequest(self.telegram.token, self.telegram.url, connect_timeout=30.0))

    async def _sleep(self, seconds: float) -> None:
        await self.naps.sleep(seconds)
        await until(self.awake, "the word of the test that time goes on")

    async def _greet(self, me: BotIdentity) -> None:
        self.greeted.append(me)

    async def _receive(self, update: Json) -> None:
        self.heard.append(update)

    async def connected(self) -> None:
        await self.telegram.until(lambda: self.poller.trouble() is None, "a poll of Telegram without trouble")


@asynccontextmanager
async def polling(watched: Watched) -> AsyncIterator[Watched]:
    running = asyncio.create_task(watched.poller.run())
    try:
        yield watched
    finally:
        await stop(running)


def events(logs: Any, name: str) -> int:
    return sum(entry["event"] == name for entry in logs)


async def test_nothing_is_connected_before_the_first_poll(telegram: FakeTelegram) -> None:
    watched = Watched(telegram)
    assert watched.poller.trouble() == "not connected yet"
    async with polling(watched):
        await watched.connected()
    assert watched.greeted == [BotIdentity(telegram.bot.id, "RunwatchBot")]


async def test_updates_arrive_once_and_in_order(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        numbers = [telegram.update("message", {"text": str(number)}) for number in range(250)]
        await telegram.until(lambda: len(watched.heard) == 250, "all of the 250 updates")
        assert [update["update_id"] for update in watched.heard] == numbers


async def test_only_the_updates_needed_are_asked_for(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: telegram.calls["getupdates"] == 3, "a third poll of Telegram")
    asked = [given for method, given in telegram.requests if method == "getupdates"]
    assert {one["allowed_updates"] for one in asked[:3]} == {'["message", "callback_query", "my_chat_member"]'}
    assert [one["timeout"] for one in asked[:3]] == ["0", "5", "5"]


async def test_what_was_received_is_not_received_again_after_a_restart(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: watched.heard and not telegram.updates, "an update, and its receipt")
    async with polling(Watched(telegram)) as again:
        await again.connected()
    assert again.heard == []


async def test_a_webhook_is_put_away(telegram: FakeTelegram) -> None:
    telegram.webhook = True
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
    assert not telegram.webhook


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "getUpdates"])
@pytest.mark.parametrize(
    ("status", "description"),
    [
        (401, "Unauthorized"),
        (404, "Not Found"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
        (429, "Too Many Requests: retry after 3"),
    ],
)
async def test_a_passing_failure_never_ends_polling(
    telegram: FakeTelegram, method: str, status: int, description: str
) -> None:
    telegram.fail(method, status=status, description=description, times=3)
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        telegram.update("message", {"text": "still here"})
        await telegram.until(lambda: watched.heard, "an update")
    assert len(watched.naps.taken) == 3


async def test_a_refused_poll_is_checked_with_getme(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        telegram.fail("getUpdates", status=404, description="Not Found")
        before = telegram.calls["getme"]
        telegram.update("message", {"text": "wakes the poll"})
        telegram.update("message", {"text": "is after it"})
        await telegram.until(lambda: telegram.calls["getme"] == before + 1, "a check of the token")
        await watched.connected()


async def test_a_wrong_token_is_said_plainly_and_tried_again(telegram: FakeTelegram) -> None:
    telegram.fail("getMe", status=401, description="Unauthorized", times=50)
    gate = {"open": True}
    watched = Watched(telegram, awake=lambda: gate["open"])
    with capture_logs() as logs:
        async with polling(watched):
            await telegram.until(lambda: telegram.calls["getme"] == 10, "the tenth check of the token")
            gate["open"] = False
            assert watched.poller.trouble() == "Telegram does not know this token: check TELEGRAM_TOKEN"
            telegram.behave()
            gate["open"] = True
            await watched.connected()
    assert events(logs, "telegram away") == 1
    assert events(logs, "telegram connected") == 1


async def test_pauses_double_up_to_a_minute_and_begin_anew(telegram: FakeTelegram) -> None:
    telegram.fail("getMe", times=9)
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        bases = [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert all(base / 2 <= nap <= base for nap, base in zip(watched.naps.taken, bases, strict=True))
        telegram.fail("getUpdates")
        telegram.update("message", {})
        telegram.update("message", {})
        await telegram.until(lambda: len(watched.naps.taken) == 10, "a tenth pause")
        assert watched.naps.taken[-1] <= 1


async def test_a_pause_telegram_asks_for_is_kept(telegram: FakeTelegram) -> None:
    telegram.fail("getUpdates", status=429, description="Too Many Requests", parameters={"retry_after": 33})
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
    assert watched.naps.taken == [33]


async def test_a_server_that_was_away_is_found_again(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        await telegram.stop()
        await until(watched.poller.trouble, "the trouble of a server that is away")
        assert "no connection to Telegram" in str(watched.poller.trouble())
        await telegram.start(telegram.port)
        await watched.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: watched.heard, "an update")


async def test_a_first_connect_may_fail(telegram: FakeTelegram) -> None:
    await telegram.stop()
    async with polling(Watched(telegram)) as watched:
        await until(lambda: len(watched.naps.taken) >= 3, "three pauses while the server is away")
        await telegram.start(telegram.port)
        await watched.connected()


async def test_a_second_poller_is_said_once_per_spell(telegram: FakeTelegram) -> None:
    gate = {"open": True}
    watched = Watched(telegram, awake=lambda: gate["open"])
    conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    with capture_logs() as logs:
        async with polling(watched):
            await watched.connected()
            telegram.fail("getUpdates", status=409, description=conflict, times=3)
            telegram.update("message", {})
            await telegram.until(lambda: watched.naps.taken == [10, 10, 10], "three pauses of ten seconds")
            assert "another program polls Telegram" in str(watched.poller.trouble())
            watched.time += 59
            assert "another program polls Telegram" in str(watched.poller.trouble())
            assert events(logs, "second poller") == 1
            watched.time += 2
            await watched.connected()
            telegram.fail("getUpdates", status=409, description=conflict)
            telegram.update("message", {})
            await telegram.until(lambda: len(watched.naps.taken) == 4, "a fourth pause")
    assert events(logs, "second poller") == 2


async def test_a_real_second_poller_is_noticed(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        await telegram.until(lambda: telegram.calls["getupdates"] >= 2, "a second poll of Telegram")
        thief = BotApi(AiohttpRequest(telegram.token, telegram.url))
        await thief.call("getUpdates", timeout=0)
        await telegram.until(lambda: watched.naps.taken, "a pause")
        await thief.close_connections()
        assert "another program polls Telegram" in str(watched.poller.trouble())


async def test_a_stuck_poll_is_given_up_and_polling_goes_on(telegram: FakeTelegram) -> None:
    telegram.delay("getUpdates", times=2)
    async with polling(Watched(telegram, margin=0.05)) as watched:
        await watched.connected()
        assert len(watched.naps.taken) == 2
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: watched.heard, "an update")


async def test_a_connection_that_hangs_without_end_is_replaced(telegram: FakeTelegram) -> None:
    class Stuck(BotApi):
        async def call(self, method: str, *, patience: float | None = None, **parameters: object) -> Any:
            if method == "getUpdates":
                await asyncio.Event().wait()
            return await super().call(method, patience=patience, **parameters)

    connections = iter((Stuck, BotApi))
    watched = Watched(telegram, margin=0.05)
    watched.make = lambda transport: next(connections)(transport)  # noqa: PLW0108 — a new one each time
    with capture_logs() as logs:
        async with polling(watched):
            await watched.connected()
    assert [entry["reason"] for entry in logs if entry["event"] == "telegram away"] == ["a poll was stuck"]


async def test_silence_is_trouble(telegram: FakeTelegram) -> None:
    async with polling(Watched(telegram)) as watched:
        await watched.connected()
        watched.time += 59
        assert watched.poller.trouble() is None
        watched.time += 2
        assert watched.poller.trouble() == "no poll completed for 61 s"


@pytest.mark.parametrize("body", [b"[1]", b'{"ok": true}', b'{"ok": true, "result": [{}]}', b'{"ok":true,"result":7}'])
async def test_nonsense_from_the_server_never_ends_polling(telegram: FakeTelegram, body: bytes) -> None:
    telegram.fail("getUpdates", status=200, body=body)
    gate = {"open": False}
    async with polling(Watched(telegram, awake=lambda: gate["open"])) as watched:
        await telegram.until(lambda: telegram.calls["getupdates"], "a poll of Telegram")
        await until(lambda: watched.naps.taken, "a pause")
        assert watched.poller.trouble() not in (None, "not connected yet")
        gate["open"] = True
        await watched.connected()


async def test_messages_under_way_survive_a_lost_poll(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat = telegram.private(ann)
    release = telegram.delay("sendMessage")
    telegram.say(chat, ann, "/reserves okx")
    await telegram.until(lambda: telegram.calls["sendmessage"], "a message to Telegram")
    telegram.fail("getUpdates", status=502)
    telegram.update("message", {})
    await telegram.until(lambda: telegram.calls["getme"] == 2, "a second check of the token")
    release.set()
    assert "okx" in (await telegram.wait_for_message(chat)).text
    assert telegram.calls["sendmessage"] == 1
