"""What `/unsubscribe` and its *Undo* say, here and of another place."""

import pytest

from bot.domain.exchange import Exchange
from bot.domain.place import Place, Platform
from bot.domain.stress import STRESS
from bot.messages.cards.unsubscribed import restored_card, unsubscribed_card
from tests.builders import BINANCE, HERE, subscription
from tests.messages.cards.plain import said

ELSEWHERE = Place(Platform.TELEGRAM, "7")


@pytest.mark.parametrize(
    ("exchange", "count", "left", "words"),
    [
        (BINANCE, 1, [], "Binance alerts are off here."),
        (None, 1, [], "Alerts for all exchanges are off here."),
        (None, 1, ["okx"], "other exchanges are off here; 1 exchange with settings of its own still comes."),
        (None, 1, ["okx", "gate"], "exchanges are off here; 2 exchanges with settings of their own still come."),
        (None, 1, [STRESS.id], "Alerts for all exchanges are off here."),
        (BINANCE, 1, [None], "Binance has no settings of its own here any more."),
        (STRESS, 1, [None], "The daily stress test is off here."),
        (BINANCE, 0, [], "There is no subscription to Binance here. /subscriptions lists what there is."),
        (STRESS, 0, [], "There is no subscription to Daily stress test here."),
        (None, 0, [], "There is no subscription to all exchanges here."),
    ],
)
def test_cancelling_says_what_is_off_and_what_stays(
    exchange: Exchange | None, count: int, left: list[str | None], words: str
) -> None:
    kept = [subscription(other) for other in left]

    assert words in said(unsubscribed_card(exchange, count, left=kept))
    elsewhere = said(unsubscribed_card(exchange, count, left=kept, here=ELSEWHERE, place=HERE))
    assert words.replace(" here", " there") in elsewhere


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "There is no subscription to anything here. /subscriptions lists what there is."),
        (1, "All alerts here are off (1 subscription removed)."),
        (3, "All alerts here are off (3 subscriptions removed)."),
    ],
)
def test_cancelling_everything_says_how_much_that_was(count: int, words: str) -> None:
    assert words in said(unsubscribed_card(None, count, everything=True))
    elsewhere = said(unsubscribed_card(None, count, everything=True, here=ELSEWHERE, place=HERE))
    assert words.replace(" here", " there") in elsewhere


def test_what_still_comes_by_the_one_to_all_exchanges_is_said() -> None:
    words = "Its alerts still come by the subscription to all exchanges: watch or worse, normal sensitivity."
    assert words in said(unsubscribed_card(BINANCE, 1, left=[subscription(None)]))


def test_what_was_brought_back_is_named_up_to_five() -> None:
    restored = [subscription(f"x{number}") for number in range(7)]
    text = said(restored_card(restored, {}))

    assert "In force here again:" in text
    assert text.count("🟡 watch · x") == 5
    assert "… and 2 more." in text
    assert "In force there again:" in said(restored_card(restored, {}, here=ELSEWHERE, place=HERE))
