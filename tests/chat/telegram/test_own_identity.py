"""Whose token it is, as Telegram says it; every failure is a sentence and a pause."""

from datetime import timedelta

import pytest

from bot.domain.bot_account import BotAccount
from bot.domain.errors import RetryLater
from bot.domain.place import Platform
from tests.chat.telegram.scene import Scene
from tests.fakes.telegram import FakeTelegram


async def test_the_account_is_that_of_the_token_and_nothing_else_is_asked(scene: Scene, telegram: FakeTelegram) -> None:
    assert await scene.chat.account() == BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot")
    assert telegram.calls == {"getme": 1}


@pytest.mark.parametrize(
    ("status", "description", "sentence"),
    [
        (401, "Unauthorized", "Telegram does not know this token: check TELEGRAM_TOKEN"),
        (500, "Internal Server Error", "no connection to Telegram (Internal Server Error)"),
    ],
)
async def test_a_failure_is_said_as_while_polling(
    scene: Scene, telegram: FakeTelegram, status: int, description: str, sentence: str
) -> None:
    telegram.fail("getMe", status=status, description=description)
    with pytest.raises(RetryLater) as refused:
        await scene.chat.account()
    assert str(refused.value) == sentence
    assert not refused.value.rate_limited
    assert (await scene.chat.account()).name == "RunwatchBot"


async def test_a_pause_that_telegram_asks_for_is_kept(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("getMe", status=429, description="Too Many Requests", parameters={"retry_after": 17})
    with pytest.raises(RetryLater) as refused:
        await scene.chat.account()
    assert (refused.value.after, refused.value.rate_limited) == (timedelta(seconds=17), True)


async def test_an_answer_that_is_none_ends_nothing(scene: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("getMe", body=b"[]")
    with pytest.raises(RetryLater):
        await scene.chat.account()
