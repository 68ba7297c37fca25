from dataclasses import replace

import pytest

from bot.domain.errors import NotPermitted
from bot.domain.place import Obstacle, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.messages.model import Message, Tone
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import DAY, HERE, NOON, holding, incident
from tests.fakes.dispatcher import CHANNEL, MODERATOR, OWNER, DispatcherBench, topic
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource
from tests.messages.cards.plain import said


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


async def moderate(bench: DispatcherBench, line: str) -> Message:
    return await bench.ask(line, who=MODERATOR)


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

    assert ("No wallets of NEXO are tracked, so no alert can come of it" in said(answer)) is is_said
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
    assert (await moderate(bench, "unsubscribe @channel")).title == "Unsubscribed"


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
        ("unsubscribe binance", "This place no longer hears of Binance.", {None, "okx"}),
        ("unsubscribe all", "This place no longer hears of all exchanges.", {"binance", "okx"}),
        ("unsubscribe", "This place hears of nothing now (3 cancelled).", set()),
        ("unsubscribe gate", "This place has no subscription to Gate.io.", {None, "binance", "okx"}),
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

    assert "This place no longer hears of bitforex." in said(await moderate(bench, "unsubscribe BitForex"))
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
    assert "This place has subscribed to nothing." in said(await bench.ask("subscriptions"))
    await moderate(bench, "subscribe binance severe")

    assert "🔴 Binance · from severe on · preset normal" in said(await bench.ask("subscriptions"))


async def test_a_subscription_to_what_is_not_watched_any_more_says_so() -> None:
    bench = DispatcherBench(only=("binance",))
    await bench.load()
    for exchange in ("bitforex", "binance", None):
        await bench.memory.subscriptions.add(Subscription(HERE, exchange))
    answer = await bench.ask("subscriptions")

    unwatched, *others = sorted(said(answer).splitlines()[1:], key=lambda line: "⚠️" not in line)
    assert unwatched == "⚠️ bitforex · not watched by this bot any more · /unsubscribe bitforex takes it away"
    assert [line.partition(" · ")[2] for line in others] == ["from watch on · preset normal"] * 2
    assert answer.tone is Tone.TROUBLE


async def test_where_every_exchange_is_watched_none_is_called_unwatched(bench: DispatcherBench) -> None:
    await bench.memory.subscriptions.add(Subscription(HERE, "bitforex"))
    answer = await bench.ask("subscriptions")

    assert "bitforex · from watch on" in said(answer)
    assert answer.tone is Tone.INFO


async def test_a_place_that_is_switched_off_says_why(bench: DispatcherBench) -> None:
    await moderate(bench, "subscribe binance")
    trouble = PlaceTrouble(HERE, "the bot was removed", NOON)
    await bench.memory.subscriptions.record_trouble(trouble)
    assert "switched off" not in said(await bench.ask("subscriptions"))

    await bench.memory.subscriptions.record_trouble(replace(trouble, disabled=True))
    assert "This place is switched off: the bot was removed." in said(await bench.ask("subscriptions"))

    await bench.memory.subscriptions.record_trouble(replace(trouble, disabled=True, obstacle=Obstacle.TOPIC_CLOSED))
    assert "This place is switched off: the topic was closed." in said(await bench.ask("subscriptions"))


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
    assert "This place hears of Binance from severe on, preset early, at least $50.0 M" in answer
    assert "it is as this place's subscription to all exchanges: from severe on, preset normal, at least $50" in answer


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

    assert (
        "Binance keeps its own: from watch on, preset early. /unsubscribe binance to have it as all others." in answer
    )
    assert "gone keeps its own: from watch on, preset normal." in answer


async def test_of_many_single_subscriptions_some_are_named() -> None:
    bench = await bench_with_sources("binance")
    for number in range(7):
        await bench.memory.subscriptions.add(Subscription(HERE, f"exchange-{number}"))

    answer = said(await moderate(bench, "subscribe all"))

    assert answer.count("keeps its own") == 5
    assert "2 more keep their own; /subscriptions lists them." in answer


# The daily stress test.


async def test_the_daily_stress_test_is_a_subscription_like_others(bench: DispatcherBench) -> None:
    answer = said(await moderate(bench, "subscribe stress"))

    assert "Subscribed · Daily stress test" in answer
    assert "one card a day is posted here, at 12:00 UTC" in answer
    assert [subscription.exchange for subscription in await bench.memory.subscriptions.of_place(HERE)] == ["stress"]
    assert "📋 Daily stress test · one card a day, at 12:00 UTC" in said(await bench.ask("subscriptions"))

    assert "no longer hears of Daily stress test" in said(await moderate(bench, "unsubscribe stress"))
    assert await bench.memory.subscriptions.of_place(HERE) == []


async def test_the_daily_stress_test_says_what_the_bot_lacks(bench: DispatcherBench) -> None:
    bench.missing_rights = ("Send Messages",)
    answer = await moderate(bench, "subscribe stress @channel")

    assert "The bot lacks rights here: Send Messages." in said(answer)
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
