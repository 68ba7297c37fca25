"""What `/subscribe` says, and a subscription's terms in words."""

from dataclasses import replace

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS
from bot.messages.cards.common import sensitivity_word
from bot.messages.cards.subscription_refusals import critical_takes
from bot.messages.cards.subscription_terms import rule_words, short_line, terms
from bot.messages.cards.subscriptions import subscribed_card, subscribed_to_stress_card
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
    assert "Withdrawals: USDT, USDC open; BTC, ETH closed" in critical
    assert "will be posted here: only critical, early sensitivity" in critical  # nothing is worse
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
    elsewhere = Place(Platform.TELEGRAM, "7")
    card = subscribed_card(subscription(), "Binance", ("Post messages",), [incident()], here=elsewhere)

    assert "Alerts for Binance will be posted there: " in said(card)
    assert "The bot lacks rights there: Post messages." in said(card)
    assert "Its next change is posted there." in said(card)
    assert card.actions[-1].command == f"subscriptions {HERE.chat}"
    assert "Alerts for all exchanges will be posted there: " in said(
        subscribed_card(subscription(None), None, (), here=elsewhere)
    )


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
    ("usd", "share", "words"),
    [
        (None, None, "calm sensitivity"),
        (5e7, None, "calm sensitivity, only above $50 M"),
        (None, 0.03, "calm sensitivity, only above 3 % of reserves"),
        (5e7, 0.03, "calm sensitivity, only above $50 M and 3 % of reserves"),
    ],
)
def test_a_size_is_said_where_there_is_one(usd: float | None, share: float | None, words: str) -> None:
    asked = subscription(sensitivity=Sensitivity.CALM, usd=usd, share=share)
    assert rule_words(asked).replace("\u00a0", " ") == words


def test_every_sensitivity_has_a_word() -> None:
    assert [sensitivity_word(sensitivity) for sensitivity in Sensitivity] == list(Sensitivity)


@pytest.mark.parametrize(
    ("kept", "line"),
    [
        (WANTED, "🔴 severe · Binance · early · $50 M · 3 % · @here"),
        (replace(WANTED, mention="123456"), "🔴 severe · Binance · early · $50 M · 3 % · a role"),
        (subscription(None), "🟡 watch · all exchanges"),
        (subscription("gone", mention="here"), "🟡 watch · gone"),
        (Subscription(HERE, STRESS.id), "📋 daily · Daily stress test · 12:00 UTC"),
    ],
)
def test_a_subscription_is_one_short_line(kept: Subscription, line: str) -> None:
    assert plain(short_line(kept, NAMES)).replace("\u00a0", " ") == line


def test_the_stress_test_of_another_place_leads_there() -> None:
    card = subscribed_to_stress_card((), here=ON_DISCORD, place=replace(ON_DISCORD, chat="78"))
    assert "one card a day is posted there" in said(card)
    assert card.actions[-1].command == "subscriptions <#78>"


def test_what_critical_takes_is_as_many_closed_assets_as_the_rule_has() -> None:
    assert CRITICAL_CLOSED_MAJORS == 2  # the word in the sentence, which languages write differently
    assert "two or more of BTC, ETH, USDT, USDC" in critical_takes()
