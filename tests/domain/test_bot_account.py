import pytest

from bot.domain.bot_account import BotAccount
from bot.domain.place import Platform


@pytest.mark.parametrize(
    ("account", "label"),
    [
        (BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot"), "the Telegram bot @RunwatchBot (id 4242)"),
        (BotAccount(Platform.DISCORD, "77", "Runwatch"), "the Discord bot Runwatch (id 77)"),
        (BotAccount(Platform.TELEGRAM, "4242", ""), "the Telegram bot (id 4242)"),
    ],
)
def test_a_bot_is_named_as_people_find_it(account: BotAccount, label: str) -> None:
    assert account.label == label
