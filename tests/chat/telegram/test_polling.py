"""Polling that never ends, whatever Telegram or the network does."""

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
class RecordedPoller:
    """A poller, the updates it received, and its clock, which a test sets."""

    telegram: FakeTelegram
    margin_s: float = 30.0
    poll_s: float = 5.0
    now_s: float = 1000.0
    sleeps: RecordedSleeps = field(default_factory=RecordedSleeps)
    received: list[Json] = field(default_factory=list)
    identities: list[BotIdentity] = field(default_factory=list)
    may_wake: Callable[[], bool] = lambda: True
    make_api: Callable[[AiohttpRequest], BotApi] = BotApi

    def __post_init__(self) -> None:
        timeouts = PollingTimeouts(
            poll_s=self.poll_s, margin_s=self.margin_s, sleep=self._sleep, clock=lambda: self.now_s
        )
        self.poller = UpdatePoller(
            self._connect, on_connect=self._on_connect, on_update=self._on_update, timeouts=timeouts
        )

    def _connect(self) -> BotApi:
        return self.make_api(AiohttpRequest(self.telegram.token, self.telegram.url, connect_timeout=30.0))

    async def _sleep(self, seconds: float) -> None:
        await self.sleeps.sleep(seconds)
        await until(self.may_wake, "the word of the test that time goes on")

    async def _on_connect(self, identity: BotIdentity) -> None:
        self.identities.append(identity)

    async def _on_update(self, update: Json) -> None:
        self.received.append(update)

    async def connected(self) -> None:
        await self.telegram.until(lambda: self.poller.trouble() is None, "a poll of Telegram without trouble")


@asynccontextmanager
async def polling(recorded: RecordedPoller) -> AsyncIterator[RecordedPoller]:
    running = asyncio.create_task(recorded.poller.run())
    try:
        yield recorded
    finally:
        await stop(running)


def events(logs: Any, name: str) -> int:
    return sum(entry["event"] == name for entry in logs)


async def test_nothing_is_connected_before_the_first_poll(telegram: FakeTelegram) -> None:
    recorded = RecordedPoller(telegram)
    assert recorded.poller.trouble() == "not connected yet"
    async with polling(recorded):
        await recorded.connected()
    assert recorded.identities == [BotIdentity(telegram.bot.id, "RunwatchBot")]


async def test_updates_arrive_once_and_in_order(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        numbers = [telegram.update("message", {"text": str(number)}) for number in range(250)]
        await telegram.until(lambda: len(recorded.received) == 250, "all of the 250 updates")
        assert [update["update_id"] for update in recorded.received] == numbers


async def test_only_the_updates_needed_are_asked_for(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: telegram.calls["getupdates"] == 3, "a third poll of Telegram")
    polls = [given for method, given in telegram.requests if method == "getupdates"]
    assert {poll["allowed_updates"] for poll in polls[:3]} == {
        '["message", "callback_query", "inline_query", "my_chat_member"]'
    }
    assert [poll["timeout"] for poll in polls[:3]] == ["0", "5", "5"]


async def test_what_was_received_is_not_received_again_after_a_restart(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: recorded.received and not telegram.updates, "an update, and its receipt")
    async with polling(RecordedPoller(telegram)) as again:
        await again.connected()
    assert again.received == []


async def test_a_webhook_is_put_away(telegram: FakeTelegram) -> None:
    """While a webhook is set, Telegram refuses every poll."""
    telegram.webhook = True
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
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
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        telegram.update("message", {"text": "still here"})
        await telegram.until(lambda: recorded.received, "an update")
    assert len(recorded.sleeps.seconds) == 3


async def test_a_refused_poll_is_checked_with_getme(telegram: FakeTelegram) -> None:
    """After a failure the bot connects anew and asks who it is before it polls."""
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        telegram.fail("getUpdates", status=404, description="Not Found")
        before = telegram.calls["getme"]
        telegram.update("message", {"text": "wakes the poll"})
        telegram.update("message", {"text": "is after it"})
        await telegram.until(lambda: telegram.calls["getme"] == before + 1, "a check of the token")
        await recorded.connected()


async def test_a_wrong_token_is_reported_plainly_and_tried_again(telegram: FakeTelegram) -> None:
    telegram.fail("getMe", status=401, description="Unauthorized", times=50)
    clock = {"runs": True}
    recorded = RecordedPoller(telegram, may_wake=lambda: clock["runs"])
    with capture_logs() as logs:
        async with polling(recorded):
            await telegram.until(lambda: telegram.calls["getme"] == 10, "the tenth check of the token")
            clock["runs"] = False
            assert recorded.poller.trouble() == "Telegram does not know this token: check TELEGRAM_TOKEN"
            telegram.clear_faults()
            clock["runs"] = True
            await recorded.connected()
    assert events(logs, "telegram disconnected") == 1
    assert events(logs, "telegram connected") == 1


async def test_pauses_double_up_to_a_minute_and_begin_anew(telegram: FakeTelegram) -> None:
    telegram.fail("getMe", times=9)
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        bases = [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert all(base / 2 <= pause <= base for pause, base in zip(recorded.sleeps.seconds, bases, strict=True))
        telegram.fail("getUpdates")
        telegram.update("message", {})
        telegram.update("message", {})
        await telegram.until(lambda: len(recorded.sleeps.seconds) == 10, "a tenth pause")
        assert recorded.sleeps.seconds[-1] <= 1


async def test_a_pause_telegram_asks_for_is_kept(telegram: FakeTelegram) -> None:
    telegram.fail("getUpdates", status=429, description="Too Many Requests", parameters={"retry_after": 33})
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
    assert recorded.sleeps.seconds == [33]


async def test_a_server_that_was_away_is_found_again(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        await telegram.stop()
        await until(recorded.poller.trouble, "the trouble of a server that is away")
        assert "no connection to Telegram" in str(recorded.poller.trouble())
        await telegram.start(telegram.port)
        await recorded.connected()
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: recorded.received, "an update")


async def test_a_first_connect_may_fail(telegram: FakeTelegram) -> None:
    await telegram.stop()
    async with polling(RecordedPoller(telegram)) as recorded:
        await until(lambda: len(recorded.sleeps.seconds) >= 3, "three pauses while the server is away")
        await telegram.start(telegram.port)
        await recorded.connected()


async def test_a_second_poller_is_logged_once_until_it_is_gone(telegram: FakeTelegram) -> None:
    clock = {"runs": True}
    recorded = RecordedPoller(telegram, may_wake=lambda: clock["runs"])
    conflict = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    with capture_logs() as logs:
        async with polling(recorded):
            await recorded.connected()
            telegram.fail("getUpdates", status=409, description=conflict, times=3)
            telegram.update("message", {})
            await telegram.until(lambda: recorded.sleeps.seconds == [10, 10, 10], "three pauses of ten seconds")
            assert "another program polls Telegram" in str(recorded.poller.trouble())
            recorded.now_s += 59
            assert "another program polls Telegram" in str(recorded.poller.trouble())
            assert events(logs, "second telegram poller") == 1
            recorded.now_s += 2
            await recorded.connected()
            telegram.fail("getUpdates", status=409, description=conflict)
            telegram.update("message", {})
            await telegram.until(lambda: len(recorded.sleeps.seconds) == 4, "a fourth pause")
    assert events(logs, "second telegram poller") == 2


async def test_a_real_second_poller_is_noticed(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        await telegram.until(lambda: telegram.calls["getupdates"] >= 2, "a second poll of Telegram")
        second_poller = BotApi(AiohttpRequest(telegram.token, telegram.url))
        await second_poller.call("getUpdates", timeout=0)
        await telegram.until(lambda: recorded.sleeps.seconds, "a pause")
        await second_poller.close_connections()
        assert "another program polls Telegram" in str(recorded.poller.trouble())


async def test_a_stuck_poll_is_given_up_and_polling_goes_on(telegram: FakeTelegram) -> None:
    telegram.delay("getUpdates", times=2)
    async with polling(RecordedPoller(telegram, margin_s=0.05)) as recorded:
        await recorded.connected()
        assert len(recorded.sleeps.seconds) == 2
        telegram.update("message", {"text": "x"})
        await telegram.until(lambda: recorded.received, "an update")


async def test_a_connection_that_hangs_without_end_is_replaced(telegram: FakeTelegram) -> None:
    class Stuck(BotApi):
        async def call(self, method: str, *, read_timeout_s: float | None = None, **parameters: object) -> Any:
            if method == "getUpdates":
                await asyncio.Event().wait()
            return await super().call(method, read_timeout_s=read_timeout_s, **parameters)

    connections = iter((Stuck, BotApi))
    recorded = RecordedPoller(telegram, margin_s=0.05)
    recorded.make_api = lambda transport: next(connections)(transport)  # noqa: PLW0108 — a new one each time
    with capture_logs() as logs:
        async with polling(recorded):
            await recorded.connected()
    assert [entry["reason"] for entry in logs if entry["event"] == "telegram disconnected"] == ["a poll was stuck"]


async def test_silence_is_trouble(telegram: FakeTelegram) -> None:
    """Without a completed poll for more than 60 s the bot counts as disconnected."""
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        recorded.now_s += 59
        assert recorded.poller.trouble() is None
        recorded.now_s += 2
        assert recorded.poller.trouble() == "no poll completed for 61 s"


@pytest.mark.parametrize("body", [b"[1]", b'{"ok": true}', b'{"ok": true, "result": [{}]}', b'{"ok":true,"result":7}'])
async def test_nonsense_from_the_server_never_ends_polling(telegram: FakeTelegram, body: bytes) -> None:
    telegram.fail("getUpdates", status=200, body=body)
    clock = {"runs": False}
    async with polling(RecordedPoller(telegram, may_wake=lambda: clock["runs"])) as recorded:
        await telegram.until(lambda: telegram.calls["getupdates"], "a poll of Telegram")
        await until(lambda: recorded.sleeps.seconds, "a pause")
        assert recorded.poller.trouble() not in (None, "not connected yet")
        clock["runs"] = True
        await recorded.connected()


async def test_messages_under_way_survive_a_lost_poll(live: Scene, telegram: FakeTelegram) -> None:
    """Polling has connections of its own: closing them harms no message."""
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


@pytest.mark.parametrize("answer", [b'{"ok": true, "result": []}', b'{"ok": true, "result": [{"update_id": 7}]}'])
async def test_a_server_that_ends_polls_at_once_is_asked_once_a_second(telegram: FakeTelegram, answer: bytes) -> None:
    """It has nothing, or sends again what was received already."""
    telegram.fail("getUpdates", status=200, body=answer, times=1000)
    with capture_logs() as logs:
        async with polling(RecordedPoller(telegram)) as recorded:
            await telegram.until(lambda: len(recorded.sleeps.seconds) >= 20, "twenty pauses between polls")
    assert set(recorded.sleeps.seconds) == {1.0}
    assert telegram.calls["getupdates"] <= len(recorded.sleeps.seconds) + 2
    assert events(logs, "telegram ends polls at once") == 1


async def test_updates_that_come_one_by_one_are_not_held_up(telegram: FakeTelegram) -> None:
    async with polling(RecordedPoller(telegram)) as recorded:
        await recorded.connected()
        for number in range(5):
            telegram.update("message", {"text": str(number)})
            await telegram.until(lambda: len(recorded.received) == number + 1, "the update that was sent")  # noqa: B023 — waited for here
    assert recorded.sleeps.seconds == []
