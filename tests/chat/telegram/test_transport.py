"""Requests to the Bot API: what a failure means for the message, and that the token stays secret."""

import asyncio
import re
import traceback
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.chat.telegram.errors import translate
from bot.chat.telegram.transport import AiohttpRequest, BotApi, ReplyLost, RequestUnsent, RequestUnsentInTime
from bot.domain.errors import RetryLater
from bot.network.proxy_rules import ProxyRules
from tests.chat.telegram.scene import OpenApi, place
from tests.fakes.proxy import FakeProxy
from tests.fakes.telegram import FakeTelegram
from tests.waiting import LIMIT

SECRET = "4242:AAF-very-secret"  # noqa: S105 — made up, to be looked for


@pytest.fixture
async def secretive() -> FakeTelegram:
    return FakeTelegram(token=SECRET)


def is_ambiguous(error: TelegramError) -> bool:
    translated = translate(error, place(1))
    assert isinstance(translated, RetryLater)
    return translated.ambiguous


async def test_a_closed_port_means_nothing_was_sent(open_api: OpenApi) -> None:
    api = open_api(SECRET, "http://127.0.0.1:1")
    with pytest.raises(RequestUnsent) as caught:
        await api.call("getMe")
    assert not is_ambiguous(caught.value)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("fault", ["away", "login", "refused"])
async def test_a_proxy_that_makes_no_connection_means_nothing_was_sent(
    open_api: OpenApi, kind: str, fault: str
) -> None:
    async with FakeProxy(login="ann:secret-login") as proxy:
        proxy.refuses.add("api.telegram.org:443")
        login = "ann:wrong" if fault == "login" else proxy.login
        address = f"{kind}://{login}@127.0.0.1:{1 if fault == 'away' else proxy.port}"
        api = open_api(SECRET, "https://api.telegram.org", proxies=ProxyRules(preferred=address))
        with pytest.raises(RequestUnsent) as caught:
            await api.call("getMe")
    assert not is_ambiguous(caught.value)
    assert f"the proxy {kind}://127.0.0.1:" in str(caught.value)
    texts = "".join(traceback.format_exception(caught.value))
    assert not {"secret-login", "very-secret", "wrong"} & set(re.findall(r"[\w-]+", texts))


async def test_a_full_pool_means_nothing_was_sent(telegram: FakeTelegram, open_api: OpenApi) -> None:
    """A request that got no free connection in time never left, so it may be sent again."""
    release = telegram.delay("getMe")
    api = open_api(telegram.token, telegram.url, pool_size=1, connect_timeout=1.0)
    first = asyncio.create_task(api.call("getMe"))
    await telegram.until(lambda: telegram.calls["getme"], "a check of the token")
    with pytest.raises(RequestUnsentInTime) as caught:
        await api.call("getMe")
    assert isinstance(caught.value, TimedOut)
    assert not is_ambiguous(caught.value)
    release.set()
    assert (await first)["id"] == telegram.bot.id


async def test_a_late_answer_may_have_arrived(telegram: FakeTelegram, open_api: OpenApi) -> None:
    telegram.delay("getMe")
    api = open_api(telegram.token, telegram.url, read_timeout=0.05)
    with pytest.raises(TimedOut) as caught:
        await api.call("getMe")
    assert not isinstance(caught.value, RequestUnsent)
    assert is_ambiguous(caught.value)


async def test_a_call_may_be_more_patient(telegram: FakeTelegram, open_api: OpenApi) -> None:
    release = telegram.delay("getMe")
    api = open_api(telegram.token, telegram.url, read_timeout=0.01)
    patient = asyncio.create_task(api.call("getMe", patience=LIMIT))
    await telegram.until(lambda: telegram.calls["getme"], "a check of the token")
    release.set()
    assert (await patient)["username"] == "RunwatchBot"


async def test_a_broken_connection_may_have_arrived(telegram: FakeTelegram, open_api: OpenApi) -> None:
    telegram.lose_reply("getMe")
    api = open_api(telegram.token, telegram.url)
    with pytest.raises(ReplyLost) as caught:
        await api.call("getMe")
    assert is_ambiguous(caught.value)


async def test_the_library_may_open_the_session_itself(telegram: FakeTelegram, open_api: OpenApi) -> None:
    api = open_api(telegram.token, telegram.url, read_timeout=3.0)
    await api.initialize()
    assert api.bot.username == "RunwatchBot"
    assert api.request.read_timeout == 3.0


async def test_connections_are_kept_and_closing_is_no_end(telegram: FakeTelegram, open_api: OpenApi) -> None:
    api = open_api(telegram.token, telegram.url)
    assert (await api.call("getMe"))["id"] == telegram.bot.id
    await api.close_connections()
    assert (await api.call("getMe"))["id"] == telegram.bot.id


async def test_parameters_travel_as_a_form(telegram: FakeTelegram, open_api: OpenApi) -> None:
    api = open_api(telegram.token, telegram.url)
    with pytest.raises(TelegramError):  # the fake has no such chat
        await api.send_message(chat_id=1, text="<b>x</b>", disable_notification=True)
    assert telegram.requests[-1] == (
        "sendmessage", {"chat_id": "1", "text": "<b>x</b>", "disable_notification": "true"},
    )  # fmt: skip


async def test_the_token_is_in_no_text_whatever_happens(
    secretive: FakeTelegram, caplog: pytest.LogCaptureFixture, open_api: OpenApi
) -> None:
    caplog.set_level("DEBUG")
    async with secretive as telegram:
        await telegram.stop()
        urls = (telegram.url, "http://127.0.0.1:1", "http://[bad")
        with capture_logs() as logs:
            failures = [await _failure(url) for url in urls]
            await telegram.start()
            telegram.fail("getMe", status=401, description="Unauthorized")
            telegram.fail("getMe", status=302, body=b"")
            telegram.fail("getMe", status=200, body=b"<html>")
            telegram.lose_reply("getMe")
            telegram.delay("getMe")
            failures += [await _failure(telegram.url) for _ in range(5)]
    texts = [repr(BotApi(AiohttpRequest(SECRET, "http://127.0.0.1"))), caplog.text, str(logs)]
    for failure in failures:
        for error in _chain(failure):
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
    assert not [text for text in texts if "very-secret" in text]
    assert len(failures) == 8


async def _failure(url: str) -> BaseException:
    api = BotApi(AiohttpRequest(SECRET, url, read_timeout=0.05, connect_timeout=1.0))
    try:
        await api.call("getMe")
    except TelegramError as error:
        return error
    finally:
        await api.close_connections()
    raise AssertionError("it went well")


def _chain(failure: BaseException | None) -> Iterator[BaseException]:
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__


def test_every_failure_of_ours_is_one_the_library_knows() -> None:
    assert all(issubclass(kind, NetworkError) for kind in (RequestUnsent, RequestUnsentInTime, ReplyLost))
