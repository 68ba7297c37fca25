"""What `/subscribe` and `/unsubscribe` say, and a subscription's terms in words."""

from dataclasses import replace

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.messages.cards.subscription_terms import short_line, terms, threshold_percent, threshold_usd
from bot.messages.cards.subscriptions import (
    restored_card,
    subscribed_card,
    subscribed_to_stress_card,
    unsubscribed_card,
)
from bot.messages.model import Action, Tone
from tests.builders import HERE, incident, subscription
from tests.messages.cards.plain import plain, said

ON_DISCORD = Place(Platform.DISCORD, "77")
WANTED = replace(
    subscription(place=ON_DISCORD, severity=Severity.SEVERE, sensitivity=Sensitivity.EARLY, usd=5e7, share=0.03),
    mention="here",
)
NAMES = {"binance": "Binance"}


def test_a_subscription_is_confirmed_in_full_and_shows_a_sample_marked_as_one() -> None:
    card = subscribed_card(WANTED, "Binance", ())
    text = said(card).splitlines()

    assert card.tone is Tone.GOOD
    assert text[1].replace("\u00a0", " ") == (
        "Alerts for Binance will be posted here: severe or worse, early sensitivity, only above $50 M and 3 % of "
        "reserves, pinging @here when it opens or gets worse."
    )
    # Nothing milder than severe would be posted, so that is what the sample is.
    assert any(line.endswith("SAMPLE · Binance · severe outflow") for line in text)
    mild, critical = (
        said(subscribed_card(replace(WANTED, min_severity=least), "Binance", ()))
        for least in (Severity.WATCH, Severity.CRITICAL)
    )
    assert "🟠 SAMPLE · Binance · elevated outflow" in mild
    assert "⛔ SAMPLE · Binance · critical: outflow while withdrawals are closed" in critical
    assert "BTC closed · ETH closed" in critical
    assert not any("INC-" in line for line in text)


def test_a_changed_subscription_shows_what_was_before_and_how_to_go_back() -> None:
    undo = Action("Undo", "subscribe binance", in_place=True)
    card = subscribed_card(WANTED, "Binance", (), before=subscription(place=ON_DISCORD), undo=undo)

    assert "Before: watch or worse, normal sensitivity." in said(card)
    assert card.actions == (undo, Action("Subscriptions", "subscriptions", in_place=True))


def test_the_same_subscription_once_more_changes_nothing() -> None:
    again = replace(WANTED, created_by="somebody else")
    assert "nothing has changed" in said(subscribed_card(again, "Binance", (), before=WANTED))


def test_what_is_done_for_another_place_says_there_and_leads_there() -> None:
    card = subscribed_card(subscription(), "Binance", ("Post messages",), here=Place(Platform.TELEGRAM, "7"))

    assert "will be posted there" in said(card)
    assert "The bot lacks rights there: Post messages." in said(card)
    assert card.actions[-1].command == f"subscriptions {HERE.chat}"


def test_what_the_bot_lacks_in_a_place_is_said_at_once() -> None:
    card = subscribed_card(subscription(None), None, ("Send Messages", "Embed Links"))

    assert card.tone is Tone.TROUBLE
    assert "The bot lacks rights here: Send Messages, Embed Links." in said(card)
    assert "Subscribed · all exchanges" in said(card)


def test_who_subscribes_during_an_incident_is_told_of_it() -> None:
    card = subscribed_card(subscription(), "Binance", (), [incident(severity=Severity.SEVERE)])

    assert "🔴 INC-42 is open now: severe. Its next change is posted here." in said(card)


def test_of_many_open_incidents_three_are_named() -> None:
    text = said(subscribed_card(subscription(None), None, (), [incident() for _ in range(5)]))
    assert text.count("is open now") == 3
    assert "2 more are open: /incidents lists all." in text


@pytest.mark.parametrize(
    ("mention", "place", "words"),
    [
        ("here", ON_DISCORD, "pinging @here when"),
        ("123456", ON_DISCORD, "pinging a role when"),
        ("here", HERE, "without the mention, because Telegram has none for a whole chat"),
        (None, ON_DISCORD, "normal sensitivity"),
    ],
)
def test_a_mention_is_said_where_there_is_one(mention: str | None, place: Place, words: str) -> None:
    assert words in terms(subscription(mention=mention, place=place))


@pytest.mark.parametrize(
    ("usd", "shown"), [(5e7, "$50 M"), (2.5e6, "$2.5 M"), (1e12, "$1 T"), (1500, "$1.5 K"), (7, "$7")]
)
def test_a_threshold_is_shown_as_it_was_chosen(usd: float, shown: str) -> None:
    assert threshold_usd(usd).replace("\u00a0", " ") == shown
    assert " " not in threshold_usd(usd)


def test_a_share_is_shown_as_it_was_chosen() -> None:
    assert [threshold_percent(share) for share in (0.03, 0.125, 1.0)] == ["3\u00a0%", "12.5\u00a0%", "100\u00a0%"]


@pytest.mark.parametrize(
    ("kept", "line"),
    [
        (WANTED, "🔴 severe · Binance · early · $50 M · 3 % · @here"),
        (subscription(None), "🟡 watch · all exchanges"),
        (subscription("gone", mention="here"), "🟡 watch · gone"),
        (Subscription(HERE, STRESS.id), "📋 daily · Daily stress test · 12:00 UTC"),
    ],
)
def test_a_subscription_is_one_short_line(kept: Subscription, line: str) -> None:
    assert plain(short_line(kept, NAMES)).replace("\u00a0", " ") == line


@pytest.mark.parametrize(
    ("what", "count", "left", "words"),
    [
        ("Binance", 1, [], "Binance alerts are off here."),
        (None, 3, [], "All alerts here are off (3 subscriptions removed)."),
        (None, 1, [], "All alerts here are off (1 subscription removed)."),
        ("all exchanges", 1, [], "Alerts for all exchanges are off here."),
        ("all exchanges", 1, ["okx"], "Alerts for all other exchanges are off here; 1 exchange with settings of"),
        ("all exchanges", 1, ["okx", "gate"], "off here; 2 exchanges with settings of their own still come."),
        ("all exchanges", 1, [STRESS.id], "Alerts for all exchanges are off here."),
        ("Binance", 1, [None], "Its alerts still come by the subscription to all exchanges: watch or worse, normal"),
        (STRESS.name, 1, [None], "The daily stress test is off here."),
        ("Binance", 0, [], "There is no subscription to Binance here. /subscriptions lists what there is."),
        (None, 0, [], "There is no subscription to anything here."),
    ],
)
def test_cancelling_says_what_is_off_and_what_stays(
    what: str | None, count: int, left: list[str | None], words: str
) -> None:
    assert words in said(unsubscribed_card(what, count, left=[subscription(exchange) for exchange in left]))


def test_what_was_brought_back_is_named_up_to_five() -> None:
    restored = [subscription(f"x{number}") for number in range(7)]
    text = said(restored_card(restored, {}))

    assert text.count("🟡 watch · x") == 5
    assert "… and 2 more." in text


def test_the_stress_test_of_another_place_leads_there() -> None:
    card = subscribed_to_stress_card((), here=ON_DISCORD, place=replace(ON_DISCORD, chat="78"))
    assert "one card a day is posted there" in said(card)
    assert card.actions[-1].command == "subscriptions <#78>"
