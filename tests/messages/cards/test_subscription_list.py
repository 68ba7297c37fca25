"""What `/subscriptions` shows, and the commands in its buttons."""

from dataclasses import replace

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.messages.cards.subscription_list import ListedPlace, subscription_detail_card, subscriptions_card
from bot.messages.model import Message, Tone
from tests.builders import HERE, NOON, subscription
from tests.messages.cards.plain import said

ELSEWHERE = Place(Platform.TELEGRAM, "7")
NAMES = {"binance": "Binance", "okx": "OKX"}


def listed(*subscriptions: Subscription, here: Place = HERE) -> ListedPlace:
    return ListedPlace(HERE, here, subscriptions, NAMES)


def commands(card: Message) -> list[str]:
    return [action.command for action in card.actions]


def test_the_one_to_all_comes_first_then_the_names_in_order() -> None:
    card = subscriptions_card(listed(subscription("okx"), subscription(), subscription(None)))

    assert said(card).splitlines()[:4] == [
        "Subscriptions · 3",
        "🟡 watch · all exchanges",
        "🟡 watch · Binance",
        "🟡 watch · OKX",
    ]
    assert commands(card)[:4] == [
        "subscriptions all",
        "unsubscribe all",
        "subscriptions binance",
        "unsubscribe binance",
    ]
    assert all(action.in_place for action in card.actions)
    assert [action.starts_row for action in card.actions] == [True, False] * 3


def test_forty_subscriptions_are_five_pages_of_one_screen() -> None:
    ids = [f"exchange-{number:02}" for number in range(40)]
    many = replace(listed(*map(subscription, ids)), names={id_: id_ for id_ in ids})
    pages = [subscriptions_card(many, page) for page in range(1, 6)]

    assert [commands(page)[16:] for page in pages] == [
        ["subscriptions 2"],
        ["subscriptions 1", "subscriptions 3"],
        ["subscriptions 2", "subscriptions 4"],
        ["subscriptions 3", "subscriptions 5"],
        ["subscriptions 4"],
    ]
    assert all(len(page.lines) == 9 and len(page.actions) <= 25 for page in pages)
    assert "exchange-39" in said(pages[-1])
    assert subscriptions_card(many, 99) == pages[-1]
    assert subscriptions_card(many, 0) == pages[0]


def test_the_commands_for_another_place_name_it() -> None:
    card = subscriptions_card(listed(subscription(), here=ELSEWHERE))
    assert commands(card) == [f"subscriptions binance {HERE.chat}", f"unsubscribe binance {HERE.chat}"]


def test_in_a_private_chat_it_is_said_how_to_name_a_channel() -> None:
    hint = "Of a channel that you administer: /subscriptions @mychannel"
    own = replace(listed(subscription()), may_name_channels=True)
    assert hint in said(subscriptions_card(own))
    assert hint in said(subscriptions_card(replace(own, subscriptions=())))
    for place in (listed(subscription()), replace(own, here=ELSEWHERE)):
        assert hint not in said(subscriptions_card(place))


def test_a_paused_place_learns_why_and_how_to_go_on() -> None:
    card = subscriptions_card(replace(listed(subscription()), paused_because="the bot was removed"))

    assert card.tone is Tone.TROUBLE
    assert "Alerts here are paused: the bot was removed. Use any command here to resume." in said(card)
    elsewhere = replace(listed(subscription(), here=ELSEWHERE), paused_because="the bot was removed")
    assert "Alerts there are paused: the bot was removed. Use any command there to resume." in said(
        subscriptions_card(elsewhere)
    )


def test_what_is_not_watched_and_the_stress_test_can_only_be_cancelled() -> None:
    place = replace(listed(subscription("gone"), subscription(STRESS.id)), unwatched=frozenset({"gone"}))
    card = subscriptions_card(place)

    assert "⚠️ gone · this bot does not watch it any more" in said(card)
    assert commands(card) == ["unsubscribe stress", "unsubscribe gone"]


def test_an_empty_list_says_how_to_begin() -> None:
    card = subscriptions_card(listed())
    assert "No alerts are posted here yet." in said(card)
    assert commands(card) == ["subscribe all"]
    elsewhere = subscriptions_card(listed(here=ELSEWHERE))
    assert "No alerts are posted there yet." in said(elsewhere)
    assert commands(elsewhere) == [f"subscribe all {HERE.chat}"]


def test_a_subscription_in_detail_offers_every_other_severity_and_sensitivity() -> None:
    own = replace(subscription(severity=Severity.SEVERE, sensitivity=Sensitivity.EARLY, usd=5e7), created_at=NOON)
    card = subscription_detail_card(listed(own), "binance", can_be_critical=True)

    assert "In force here: severe or worse, early sensitivity, only above $50\u00a0M." in said(card)
    assert "Since 2022-12-13 12:00 UTC." in said(card)
    assert commands(card) == [
        "subscribe binance watch early $50M 0% nobody",
        "subscribe binance elevated early $50M 0% nobody",
        "subscribe binance critical early $50M 0% nobody",
        "subscribe binance severe calm $50M 0% nobody",
        "subscribe binance severe normal $50M 0% nobody",
        "unsubscribe binance",
        "subscriptions",
    ]


def test_of_another_place_it_is_said_what_is_in_force_there() -> None:
    own, general = listed(subscription(), here=ELSEWHERE), listed(subscription(None), here=ELSEWHERE)
    for place, exchange, words in (
        (own, "binance", "In force there: watch or worse"),
        (general, "okx", "No subscription of its own there. It is covered by the one to all exchanges: watch or worse"),
        (own, "okx", "No subscription to it there."),
    ):
        assert words in said(subscription_detail_card(place, exchange, can_be_critical=True))


def test_critical_is_not_offered_where_it_cannot_come() -> None:
    card = subscription_detail_card(listed(subscription(None)), None, can_be_critical=False)
    assert commands(card)[:2] == ["subscribe all elevated normal", "subscribe all severe normal"]
    assert "Only critical" not in said(card)


def test_an_exchange_without_a_subscription_of_its_own_says_what_covers_it() -> None:
    card = subscription_detail_card(listed(subscription(None)), "okx", can_be_critical=True)
    assert "covered by the one to all exchanges: watch or worse, normal sensitivity." in said(card)
    assert commands(card) == ["subscribe okx", "subscriptions"]

    for exchange, place in (("okx", listed()), ("stress", listed(subscription(None))), (None, listed())):
        card = subscription_detail_card(place, exchange, can_be_critical=True)
        assert "No subscription to it here." in said(card)


def test_the_stress_test_in_detail_has_nothing_to_choose() -> None:
    card = subscription_detail_card(listed(subscription(STRESS.id)), STRESS.id, can_be_critical=False)
    assert "📋 daily · Daily stress test" in said(card)
    assert commands(card) == ["unsubscribe stress", "subscriptions"]
