from dataclasses import replace

import pytest

from bot.domain.errors import NotPermitted
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.messages.model import Message, Tone
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import DAY, HERE, HOUR, NOON, holding, incident
from tests.fakes.dispatcher import CHANNEL, MODERATOR, OWNER, DispatcherBench, moderate, topic
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource
from tests.messages.cards.plain import said


async def test_a_place_subscribes_with_the_usual_settings(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "subscribe Binance")

    assert answer.title == "Subscribed · Binance"
    assert await bench.memory.subscriptions.of_place(HERE) == [
        Subscription(HERE, "binance", created_by="telegram:moderator", created_at=NOON)
    ]


async def test_a_place_subscribes_with_everything_of_its_own(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance early severe $50M 3% @here")

    (stored,) = await bench.memory.subscriptions.of_place(HERE)
    assert (stored.sensitivity, stored.min_severity) == (Sensitivity.EARLY, Severity.SEVERE)
    assert (stored.usd, stored.share, stored.mention) == (50e6, 0.03, "here")


async def test_who_may_not_mention_somebody_subscribes_nothing(bench: DispatcherBench) -> None:
    bench.mention_fault = NotPermitted("You may not mention @here there yourself.")
    answer = await moderate(bench, "subscribe binance @here")

    assert "may not mention @here" in said(answer)
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_a_mention_that_would_be_silent_is_said_at_once(bench: DispatcherBench) -> None:
    bench.mention_lacks = ("Mention Everyone",)
    answer = await moderate(bench, "subscribe binance @here")

    assert answer.tone is Tone.TROUBLE
    assert "pings nobody until the bot has Mention Everyone" in said(answer)


async def test_all_is_every_exchange(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "subscribe ALL")

    assert answer.title == "Subscribed · all exchanges"
    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(HERE)] == [None]


async def test_a_topic_subscribes_for_itself(bench: DispatcherBench) -> None:
    here = topic(HERE, "7")
    bench.moderates.add(here)
    await bench.ask("subscribe binance", who=MODERATOR, place=here)

    assert [subscription.place for subscription in await bench.memory.subscriptions.of_place(here)] == [here]
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_what_the_bot_lacks_is_said_at_once(bench: DispatcherBench) -> None:
    bench.missing_rights = ("Send Messages",)

    answer = await moderate(bench, "subscribe binance")

    assert answer.tone is Tone.TROUBLE
    assert "The bot lacks rights here: Send Messages." in said(answer)


@pytest.mark.parametrize(("exchange", "is_said"), [("nexo", True), ("binance", False), ("all", False)])
async def test_subscribing_to_an_exchange_without_known_wallets_warns(
    bench: DispatcherBench, exchange: str, *, is_said: bool
) -> None:
    answer = await moderate(bench, f"subscribe {exchange}")

    assert ("No wallets of NEXO are known, so no outflow alert can come" in said(answer)) is is_said
    assert (answer.tone is Tone.TROUBLE) is is_said


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        ("binance", "Alerts work over 24 h now, over 72 h from 2022-12-14 00:00 UTC, over 7 d from"),
        ("all", "Alerts work over 24 h now, over 72 h from 2022-12-14 00:00 UTC, over 7 d from"),
        ("okx", "Nothing has been read lately. Alerts work again from the next reading of each exchange."),
    ],
)
async def test_a_confirmation_says_what_can_be_judged_by_now(bench: DispatcherBench, exchange: str, words: str) -> None:
    assert words in said(await moderate(bench, f"subscribe {exchange}"))


async def test_a_confirmation_says_nothing_of_windows_once_all_are_judged() -> None:
    bench = DispatcherBench()
    await bench.memory.readings.add([holding(60 + day / 100, at=NOON - day * DAY) for day in range(2, 40)])
    await bench.load()

    answer = said(await moderate(bench, "subscribe binance"))

    assert "Alerts work" not in answer
    assert "What is normal" not in answer


async def test_another_place_can_be_subscribed_by_who_moderates_it(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance @channel")

    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(CHANNEL)] == ["binance"]
    assert await bench.memory.subscriptions.of_place(HERE) == []
    assert (await moderate(bench, "unsubscribe @channel")).title == "Unsubscribed · everything"


@pytest.mark.parametrize("line", ["subscribe binance @channel", "unsubscribe @channel"])
async def test_another_place_is_closed_to_everybody_else(bench: DispatcherBench, line: str) -> None:
    await bench.ask("subscribe okx @channel", who=OWNER)
    bench.moderates = {HERE}

    answer = await moderate(bench, line)

    assert "Only the people who moderate @channel may do that." in said(answer)
    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(CHANNEL)] == ["okx"]


async def test_a_place_that_cannot_be_found_is_refused(bench: DispatcherBench) -> None:
    assert "The bot cannot see @elsewhere." in said(await moderate(bench, "subscribe binance @elsewhere"))


async def test_a_misspelt_exchange_subscribes_to_nothing(bench: DispatcherBench) -> None:
    assert "Did you mean binance?" in said(await moderate(bench, "subscribe binanse"))
    assert await bench.memory.subscriptions.count() == 0


async def test_while_the_store_is_away_nothing_is_promised(bench: DispatcherBench) -> None:
    bench.memory.subscriptions.away = True

    assert (await moderate(bench, "subscribe binance")).title == "The database is unavailable"


@pytest.mark.parametrize(
    ("line", "words", "left"),
    [
        ("unsubscribe binance", "Its alerts still come by the subscription to all exchanges", {None, "okx"}),
        ("unsubscribe all", "Alerts for all other exchanges are off here; 2 exchanges", {"binance", "okx"}),
        ("unsubscribe", "All alerts here are off (3 subscriptions removed).", set()),
        ("unsubscribe gate", "There is no subscription to Gate.io here.", {None, "binance", "okx"}),
    ],
)
async def test_a_place_unsubscribes(bench: DispatcherBench, line: str, words: str, left: set[str | None]) -> None:
    for name in ("binance", "okx", "all"):
        await moderate(bench, f"subscribe {name}")

    assert words in said(await moderate(bench, line))
    assert {subscription.exchange for subscription in await bench.memory.subscriptions.of_place(HERE)} == left


async def test_a_place_unsubscribes_from_what_is_not_watched_any_more(bench: DispatcherBench) -> None:
    await bench.memory.subscriptions.add(Subscription(HERE, "bitforex"))
    assert "No exchange is known as “lbank”." in said(await moderate(bench, "unsubscribe lbank"))

    assert "bitforex alerts are off here." in said(await moderate(bench, "unsubscribe BitForex"))
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_a_place_that_changes_its_preset_follows_what_it_was_told_of(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    await bench.memory.incidents.commit("binance", "outflow", incident(Severity.ELEVATED), [])

    answer = await moderate(bench, "subscribe binance early")

    (kept,) = await bench.memory.subscriptions.of_place(HERE)
    assert (kept.sensitivity, kept.follows) == (Sensitivity.EARLY, ((42, Sensitivity.NORMAL),))
    assert "INC-42 is open now: elevated. Its next change is posted here." in said(answer)


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("subscribe binance", True),
        ("subscribe all", True),
        ("subscribe okx", False),
        ("subscribe binance severe", False),
        ("subscribe binance 30%", False),
        ("subscribe binance early", False),
    ],
)
async def test_only_open_incidents_that_reach_the_place_are_named(
    bench: DispatcherBench, line: str, *, is_told: bool
) -> None:
    running = incident(Severity.ELEVATED)
    await bench.memory.incidents.commit(running.subject, running.rule, running, ())

    assert ("Its next change is posted here." in said(await moderate(bench, line))) is is_told


async def test_everybody_may_see_what_a_place_has_subscribed_to(bench: DispatcherBench) -> None:
    assert "No alerts are posted here yet." in said(await bench.ask("subscriptions"))
    await moderate(bench, "subscribe binance severe")

    assert "🔴 severe · Binance" in said(await bench.ask("subscriptions"))


async def test_a_subscription_to_what_is_not_watched_any_more_says_so() -> None:
    bench = DispatcherBench(only=("binance",))
    await bench.load()
    for exchange in ("bitforex", "binance", None):
        await bench.memory.subscriptions.add(Subscription(HERE, exchange))
    answer = await bench.ask("subscriptions")

    assert said(answer).splitlines()[1:4] == [
        "🟡 watch · all exchanges",
        "🟡 watch · Binance",
        "⚠️ bitforex · this bot does not watch it any more",
    ]
    assert answer.tone is Tone.TROUBLE


async def test_where_every_exchange_is_watched_none_is_called_unwatched(bench: DispatcherBench) -> None:
    await bench.memory.subscriptions.add(Subscription(HERE, "bitforex"))
    answer = await bench.ask("subscriptions")

    assert "🟡 watch · bitforex" in said(answer)
    assert answer.tone is Tone.INFO


async def test_a_place_that_is_switched_off_says_why(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    trouble = PlaceTrouble(HERE, "the bot was removed", NOON)
    await bench.memory.subscriptions.record_trouble(trouble)
    assert "paused" not in said(await bench.ask("subscriptions"))

    await bench.memory.subscriptions.record_trouble(replace(trouble, disabled=True))
    assert "Alerts here are paused: the bot was removed." in said(await bench.ask("subscriptions"))

    await bench.memory.subscriptions.record_trouble(replace(trouble, disabled=True, obstacle=Obstacle.TOPIC_CLOSED))
    assert "Alerts here are paused: the topic was closed." in said(await bench.ask("subscriptions"))


# What critical takes, and what goes before what.


async def bench_with_sources(*exchanges: str) -> DispatcherBench:
    sources = tuple(FakeWithdrawalSource(exchange, HandClock(NOON)) for exchange in exchanges)
    bench = DispatcherBench(withdrawal_sources=sources)
    await bench.load()
    return bench


async def test_a_confirmation_says_what_critical_takes() -> None:
    bench = await bench_with_sources("binance")
    takes = (
        "Critical is an outflow of elevated or worse while withdrawals of two or more of BTC, ETH, USDT, USDC "
        "are closed."
    )

    assert takes in said(await moderate(bench, "subscribe binance critical")).splitlines()
    assert f"{takes} Withdrawals are known of 1 of 4 exchanges." in said(await moderate(bench, "subscribe all"))
    assert "At most severe: this bot has no source for the withdrawals of OKX." in said(
        await moderate(bench, "subscribe okx")
    )


@pytest.mark.parametrize(
    ("sources", "line", "words"),
    [
        (
            ("binance",),
            "subscribe okx critical",
            "for the withdrawals of OKX. Take /subscribe okx severe, or have the bot's operator set OKX_API_KEY to a",
        ),
        (("binance",), "subscribe gate critical", "of Gate.io. Take /subscribe gate severe."),
        ((), "subscribe okx critical", "of OKX. Take /subscribe okx severe."),
        ((), "subscribe all critical", "of any exchange. Take /subscribe all severe."),
    ],
)
async def test_what_could_never_fire_is_refused(sources: tuple[str, ...], line: str, words: str) -> None:
    bench = await bench_with_sources(*sources)

    answer = said(await moderate(bench, line))

    assert "That could never fire." in answer
    assert words in answer
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_what_a_subscription_does_not_say_it_has_from_the_one_to_all() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe all severe $50M @here")

    answer = said(await moderate(bench, "subscribe binance early"))

    _, stored = await bench.memory.subscriptions.of_place(HERE)
    assert (stored.exchange, stored.sensitivity, stored.min_severity) == ("binance", Sensitivity.EARLY, Severity.SEVERE)
    assert (stored.usd, stored.share, stored.mention) == (50e6, None, "here")
    assert "Alerts for Binance will be posted here: severe or worse, early sensitivity, only above $50" in answer
    assert "What was not said is as for all exchanges: severe or worse, normal sensitivity, only above $50" in answer


async def test_what_a_subscription_says_goes_before_the_one_to_all() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe all early severe 5%")
    await moderate(bench, "subscribe binance normal watch 3%")

    _, stored = await bench.memory.subscriptions.of_place(HERE)
    assert (stored.sensitivity, stored.min_severity, stored.share) == (Sensitivity.NORMAL, Severity.WATCH, 0.03)


async def test_a_subscription_that_would_never_fire_by_what_it_takes_over_is_refused() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe all critical")

    assert "That could never fire." in said(await moderate(bench, "subscribe okx"))
    assert "Subscribed" in (await moderate(bench, "subscribe okx severe")).title


async def test_after_a_subscription_to_all_the_single_ones_are_named() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe binance early")
    await bench.memory.subscriptions.add(Subscription(HERE, "gone"))

    answer = said(await moderate(bench, "subscribe all severe"))

    assert "Binance keeps its own: watch or worse, early sensitivity." in answer
    assert "gone keeps its own: watch or worse, normal sensitivity." in answer


async def test_of_many_single_subscriptions_some_are_named() -> None:
    bench = await bench_with_sources("binance")
    for number in range(7):
        await bench.memory.subscriptions.add(Subscription(HERE, f"exchange-{number}"))

    answer = said(await moderate(bench, "subscribe all"))

    assert answer.count("keeps its own") == 5
    assert "2 more keep their own: /subscriptions lists all." in answer


# The daily stress test.


async def test_the_daily_stress_test_is_a_subscription_like_others(bench: DispatcherBench) -> None:
    answer = said(await moderate(bench, "subscribe stress"))

    assert "Subscribed · Daily stress test" in answer
    assert "one card a day is posted here, at 12:00 UTC" in answer
    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(HERE)] == ["stress"]
    assert "📋 daily · Daily stress test · 12:00 UTC" in said(await bench.ask("subscriptions"))

    again = await moderate(bench, "subscribe stress")
    assert "Undo" not in [action.label for action in again.actions]

    assert "The daily stress test is off here." in said(await moderate(bench, "unsubscribe stress"))
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_the_daily_stress_test_says_what_the_bot_lacks(bench: DispatcherBench) -> None:
    bench.missing_rights = ("Send Messages",)
    answer = await moderate(bench, "subscribe stress @channel")

    assert "The bot lacks rights there: Send Messages." in said(answer)
    assert answer.tone is Tone.TROUBLE
    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(CHANNEL)] == ["stress"]


@pytest.mark.parametrize("more", ["early", "severe", "3%", "$50M", "@here"])
async def test_the_daily_stress_test_has_nothing_to_choose(bench: DispatcherBench, more: str) -> None:
    assert "one card a day for everybody" in said(await moderate(bench, f"subscribe stress {more}"))
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_the_daily_stress_test_is_no_exchange_of_its_own() -> None:
    bench = DispatcherBench(only=("binance",))
    await bench.load()
    await moderate(bench, "subscribe stress")

    assert "not watched" not in said(await bench.ask("subscriptions"))
    assert "keeps its own" not in said(await moderate(bench, "subscribe all"))


@pytest.mark.parametrize(
    ("exchange", "sources", "words"),
    [
        ("okx", (), "OKX holds $9.00 B, less than the $10\u00a0B you asked for"),
        ("all", (), "the largest exchange holds"),
        ("okx", ("okx",), "Alerts for OKX will be posted here"),  # its closed withdrawals are told at any size
        ("nexo", (), "Alerts for NEXO will be posted here"),  # of which it is not known how much it holds
    ],
)
async def test_an_amount_that_no_exchange_holds_is_refused(exchange: str, sources: tuple[str, ...], words: str) -> None:
    bench = await bench_with_sources(*sources)
    amount = "$999B" if exchange == "all" else "$10B"
    assert words in said(await moderate(bench, f"subscribe {exchange} {amount}"))


async def test_an_exchange_that_this_bot_does_not_watch_is_refused() -> None:
    bench = DispatcherBench(only=("binance",))
    await bench.load()
    assert "this bot does not watch OKX" in said(await moderate(bench, "subscribe okx"))
    assert await bench.memory.subscriptions.of_place(HERE) == []


# Undo, and what a subscription was before.


def button(answer: Message, label: str) -> str:
    return next(action.command for action in answer.actions if action.label == label)


@pytest.mark.parametrize(
    "line", ["subscribe binance early severe $50M 3% @here", "subscribe all", "subscribe stress", "subscribe okx"]
)
async def test_what_was_cancelled_comes_back_at_a_press(bench: DispatcherBench, line: str) -> None:
    await moderate(bench, line)
    before = await bench.memory.subscriptions.of_place(HERE)

    undo = button(await moderate(bench, line.replace("subscribe", "unsubscribe", 1).split(" early")[0]), "Undo")
    assert await bench.memory.subscriptions.of_place(HERE) == []
    assert undo.startswith("subscribe ")
    await moderate(bench, undo)

    assert await bench.memory.subscriptions.of_place(HERE) == before
    assert bench.memory.pending_changes.kept == {}


async def test_everything_that_was_cancelled_comes_back_within_an_hour(bench: DispatcherBench) -> None:
    for line in ("subscribe binance early", "subscribe all severe $50M", "subscribe stress"):
        await moderate(bench, line)
    before = set(await bench.memory.subscriptions.of_place(HERE))

    undo = button(await moderate(bench, "unsubscribe"), "Undo")
    answer = await moderate(bench, undo)

    assert answer.title == "Undone"
    assert set(await bench.memory.subscriptions.of_place(HERE)) == before
    assert "This Undo was used already" in said(await moderate(bench, undo))


async def test_an_undo_ends_after_an_hour_and_is_for_its_own_place(bench: DispatcherBench) -> None:
    for line in ("subscribe binance", "subscribe okx"):
        await moderate(bench, line)
    undo = button(await moderate(bench, "unsubscribe"), "Undo")

    assert "This Undo was used already" in said(await moderate(bench, f"{undo} @channel"))
    assert "for the people who moderate" in said(await bench.ask(undo))
    bench.memory.clock.advance(HOUR)
    assert "more than an hour old" in said(await moderate(bench, undo))


async def test_what_a_command_cannot_say_is_kept_for_the_undo(bench: DispatcherBench) -> None:
    """A place goes on hearing of INC-42 by another preset: no word of a command says that."""
    kept = Subscription(HERE, "binance", follows=((42, Sensitivity.NORMAL),), sensitivity=Sensitivity.EARLY)
    exact = replace(kept, exchange="okx", follows=(), usd=1234567.890123456)
    for subscription in (kept, exact):
        await bench.memory.subscriptions.add(subscription)
        undo = button(await moderate(bench, f"unsubscribe {subscription.exchange}"), "Undo")
        assert undo.startswith("unsubscribe code:")
        await moderate(bench, undo)
        assert subscription in await bench.memory.subscriptions.of_place(HERE)


async def test_subscribing_again_shows_before_and_after_and_can_be_undone(bench: DispatcherBench) -> None:
    first = await moderate(bench, "subscribe binance early $50M")
    assert "Before" not in said(first)
    assert button(first, "Undo") == "unsubscribe binance"

    changed = await moderate(bench, "subscribe binance severe $0")
    assert "posted here: severe or worse, normal sensitivity." in said(changed)
    assert "Before: watch or worse, early sensitivity, only above $50" in said(changed)

    same = await moderate(bench, "subscribe binance severe $0")
    assert "nothing has changed" in said(same)
    assert [action.label for action in same.actions] == ["Subscriptions"]

    await moderate(bench, button(changed, "Undo"))
    (back,) = await bench.memory.subscriptions.of_place(HERE)
    assert (back.sensitivity, back.min_severity, back.usd) == (Sensitivity.EARLY, Severity.WATCH, 50e6)


async def test_nothing_of_what_the_one_to_all_says_can_be_said_too() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe all $50M 3% @here")
    await moderate(bench, "subscribe binance $0 0% nobody")

    _, own = await bench.memory.subscriptions.of_place(HERE)
    assert (own.usd, own.share, own.mention) == (None, None, None)


# The list, and one of it in detail.


async def test_the_list_of_another_place_is_for_who_moderates_it(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance @channel")
    private = Place(Platform.TELEGRAM, "7")

    card = await bench.ask("subscriptions @channel", who=MODERATOR, place=private)
    assert "🟡 watch · Binance" in said(card)
    assert card.actions[-1].command == f"unsubscribe binance {CHANNEL.chat}"
    assert "Only the people who moderate @channel" in said(await bench.ask("subscriptions @channel", place=private))


async def test_one_subscription_is_shown_with_what_may_be_changed() -> None:
    bench = await bench_with_sources("binance")
    await moderate(bench, "subscribe binance severe")
    await moderate(bench, "subscribe all")

    labels = [action.label for action in (await bench.ask("subscriptions binance")).actions]
    assert labels == [
        "Watch or worse",
        "Elevated or worse",
        "Only critical",
        "Calm sensitivity",
        "Early sensitivity",
        "Unsubscribe",
        "All subscriptions",
    ]
    assert "Only critical" not in said(await bench.ask("subscriptions okx"))
    assert "covered by the one to all" in said(await bench.ask("subscriptions okx"))
    assert "Only critical" in said(await bench.ask("subscriptions all"))
    assert "No subscription to it here" in said(await bench.ask("subscriptions stress"))


async def test_pages_are_asked_for_by_their_number(bench: DispatcherBench) -> None:
    for number in range(10):
        await bench.memory.subscriptions.add(Subscription(HERE, f"x{number}"))
    assert "Page 2 of 2" in said(await bench.ask("subscriptions 2"))
