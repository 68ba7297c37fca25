from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.exchange import MARKET
from bot.domain.incident import Incident
from bot.domain.mute import LONGEST_MUTE, MissedIncident, Mute, UntilWorse
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from tests.builders import HERE, HOUR, NOON, incident, subscription
from tests.fakes.dispatcher import CHANNEL, DispatcherBench, moderate
from tests.messages.cards.plain import said

BY = "telegram:moderator"
MINUTE = timedelta(minutes=1)


async def mutes(bench: DispatcherBench) -> list[tuple[str | None, timedelta]]:
    return [(mute.exchange, mute.until - NOON) for mute in await bench.memory.mutes.of_place(HERE)]


async def open_incident(bench: DispatcherBench, opened: Incident) -> None:
    await bench.memory.incidents.commit(opened.subject, opened.rule, opened, [], sensitivity=opened.sensitivity)


async def test_a_word_that_is_no_time_is_told_how_a_time_looks(bench: DispatcherBench) -> None:
    answer = said(await moderate(bench, "mute binance forever"))
    assert "You gave two values for exchange; keep one. “forever” isn't a length of time. Write 30m, 4h, " in answer


@pytest.mark.parametrize(
    ("line", "exchange", "length"),
    [
        ("mute binance 4h", "binance", 4 * HOUR),
        ("mute 24h Binance", "binance", 24 * HOUR),
        ("mute 4 h okx", "okx", 4 * HOUR),
        ("mute binance for 2 days", "binance", 48 * HOUR),
        ("mute 30m", None, 30 * MINUTE),
        ("mute all 1w", None, 168 * HOUR),
        ("mute market 5min", "market", 5 * MINUTE),
        ("mute stress 30d", "stress", 720 * HOUR),
    ],
)
async def test_an_exchange_or_everything_is_muted_for_as_long_as_was_said(
    bench: DispatcherBench, line: str, exchange: str | None, length: timedelta
) -> None:
    answer = await moderate(bench, line)

    assert await mutes(bench) == [(exchange, length)]
    assert answer.title.startswith("Muted · ")
    assert [action.command for action in answer.actions] == [f"unmute {exchange or 'all'}"]


async def test_the_answer_says_until_when_and_what_a_mute_does_not_do(bench: DispatcherBench) -> None:
    answer = said(await moderate(bench, "mute binance 4h"))

    assert "Nothing about Binance is posted here until 2022-12-13 16:00 UTC (4 h)." in answer
    assert "includes critical alerts" in answer
    assert "summed up here in one message" in answer
    assert "Subscriptions stay as they are, commands are answered" in answer


async def test_a_mute_that_is_changed_says_what_it_was(bench: DispatcherBench) -> None:
    await moderate(bench, "mute 4h")
    answer = said(await moderate(bench, "mute 30m"))

    assert "No alert is posted here until 2022-12-13 12:30 UTC (30 min)." in answer
    assert "Before: until 2022-12-13 16:00 UTC." in answer
    assert await mutes(bench) == [(None, 30 * MINUTE)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("mute 4m", "A mute lasts from 5 minutes to 30 days; “4m” does not."),
        ("mute binance 31d", "A mute lasts from 5 minutes to 30 days; “31d” does not."),
        ("mute 999999w", "A mute lasts from 5 minutes to 30 days"),
        ("mute binance 4", "“4” isn't a length of time. Write 30m, 4h, 24h or 7d, or until worse."),
        ("mute nowhere 4h", "No exchange is known as “nowhere”."),
        ("mute until worse", "Say what must not get worse, for example /mute binance until worse."),
        ("mute binance worse", "Binance has no open incident here that could get worse."),
    ],
)
async def test_what_cannot_be_muted_is_said_with_what_to_do(bench: DispatcherBench, line: str, words: str) -> None:
    answer = await moderate(bench, line)

    assert words in said(answer)
    assert answer.private
    assert await mutes(bench) == []


async def test_without_a_length_it_is_asked_for_with_buttons(bench: DispatcherBench) -> None:
    answer = await moderate(bench, "mute binance")
    assert answer.title == "Mute Binance for how long?"
    assert [action.command for action in answer.actions] == [
        "mute binance 4h",
        "mute binance 24h",
        "mute binance worse",
        "mute binance 7d",
    ]
    everything = await moderate(bench, "mute all")
    assert [action.command for action in everything.actions] == ["mute all 4h", "mute all 24h", "mute all 7d"]


async def test_until_worse_waits_for_the_worst_open_incident_that_the_place_hears_of(bench: DispatcherBench) -> None:
    await bench.memory.subscriptions.add(subscription(None, severity=Severity.ELEVATED))
    for opened in (
        incident(Severity.CRITICAL, number=7, exchange="okx"),
        incident(Severity.CRITICAL, number=8, sensitivity=Sensitivity.EARLY),
        replace(incident(Severity.SEVERE, number=9), rule=Rule.DATA),
        incident(Severity.ELEVATED, number=10),
    ):
        await open_incident(bench, opened)
    answer = said(await moderate(bench, "mute binance until it gets worse"))

    [mute] = await bench.memory.mutes.of_place(HERE)
    assert mute == Mute(HERE, "binance", NOON, NOON + LONGEST_MUTE, BY, UntilWorse(10, Severity.ELEVATED), mute.id)
    assert "until it is worse than elevated or INC-10 is over, at the latest 2023-01-12 12:00 UTC" in answer
    assert "What gets worse than that is posted." in answer


async def test_the_market_can_be_muted_until_it_is_worse(bench: DispatcherBench) -> None:
    await bench.memory.subscriptions.add(Subscription(HERE, "okx"))
    wide = replace(incident(Severity.SEVERE, exchange=MARKET.id), rule=Rule.MARKET_WIDE)
    await open_incident(bench, wide)
    assert "worse than severe" in said(await moderate(bench, "mute market worse"))


async def test_what_is_no_exchange_is_muted_and_unmuted_by_the_name_in_its_alert(bench: DispatcherBench) -> None:
    network = replace(incident(exchange="TRON"), rule="networks")
    await bench.memory.subscriptions.add(subscription(None))
    for opened in (incident(Severity.SEVERE, exchange="okx"), network):
        await open_incident(bench, opened)
    assert (await moderate(bench, "mute tron 4h")).title == "Muted · TRON"
    await bench.memory.incidents.commit(network.subject, network.rule, None, [])
    assert (await moderate(bench, "unmute tron")).title == "Unmuted · TRON"
    assert "No exchange is known as “tron”." in said(await moderate(bench, "unmute tron"))


async def test_what_is_muted_is_listed_with_buttons_that_lift_it(bench: DispatcherBench) -> None:
    nothing = await moderate(bench, "mute")
    assert nothing.title == "Nothing is muted here"
    assert [action.command for action in nothing.actions] == ["mute all 4h", "mute all 24h"]

    await moderate(bench, "mute okx 4h")
    await moderate(bench, "mute 24h")
    listed = await moderate(bench, "mute")
    assert "all exchanges · until 2022-12-14 12:00 UTC" in said(listed)
    assert "OKX · until 2022-12-13 16:00 UTC" in said(listed)
    assert [(action.label, action.command) for action in listed.actions] == [
        ("Unmute all exchanges", "unmute all"),
        ("Unmute OKX", "unmute okx"),
    ]


@pytest.mark.parametrize(
    ("line", "left", "title"),
    [
        ("unmute okx", [None], "Unmuted · OKX"),
        ("unmute all", ["okx"], "Unmuted · all exchanges"),
        ("unmute", [], "Unmuted · all exchanges, OKX"),
        ("unmute binance", [None, "okx"], "Nothing to unmute"),
    ],
)
async def test_a_mute_is_lifted_and_what_is_muted_still_is_said(
    bench: DispatcherBench, line: str, left: list[str | None], title: str
) -> None:
    await moderate(bench, "mute 24h")
    await moderate(bench, "mute okx 4h")
    answer = await moderate(bench, line)

    assert answer.title == title
    assert [exchange for exchange, _ in await mutes(bench)] == left
    assert said(answer).count("Still muted: ") == len(left)


async def test_what_is_muted_nowhere_cannot_be_unmuted(bench: DispatcherBench) -> None:
    assert "Nothing is muted here." in said(await moderate(bench, "unmute"))


async def test_an_exchange_that_is_not_listed_any_more_can_be_unmuted(bench: DispatcherBench) -> None:
    await bench.memory.mutes.mute(HERE, "hotbit", length=HOUR, by=BY)
    assert (await moderate(bench, "unmute Hotbit")).title == "Unmuted · hotbit"


@pytest.mark.parametrize(
    ("missed", "words"),
    [(0, "Nothing was missed."), (1, "What was missed (1 incident) follows"), (2, "What was missed (2 incidents)")],
)
async def test_whether_anything_was_missed_is_said_at_once(bench: DispatcherBench, missed: int, words: str) -> None:
    await moderate(bench, "mute 24h")
    for number in range(missed):
        found = MissedIncident(f"INC-{number}:normal", "binance", Severity.SEVERE)
        await bench.memory.mutes.record_missed([(HERE, found)])
    assert words in said(await moderate(bench, "unmute"))


@pytest.mark.parametrize("line", ["mute 4h", "unmute", "test"])
async def test_members_may_not_mute_unmute_or_test(bench: DispatcherBench, line: str) -> None:
    answer = await bench.ask(line)
    assert "for the people who moderate this place" in said(answer)
    assert answer.private
    assert await mutes(bench) == []
    assert bench.alert_tester.asked == []


async def test_a_channel_is_muted_from_the_private_chat_of_whoever_moderates_it(bench: DispatcherBench) -> None:
    muted = await moderate(bench, "mute binance 4h @channel")
    assert muted.title == "Muted in @channel · Binance"
    assert "Nothing about Binance is posted in @channel until 2022-12-13 16:00 UTC" in said(muted)
    assert [action.command for action in muted.actions] == ["unmute binance @channel"]
    assert [mute.place for mute in bench.memory.mutes.kept.values()] == [CHANNEL]
    assert (await moderate(bench, "mute @channel")).title == "Muted in @channel"
    asked = await moderate(bench, "mute okx @channel")
    assert asked.actions[0].command == "mute okx 4h @channel"
    unmuted = await moderate(bench, "unmute @channel")
    assert unmuted.title == "Unmuted in @channel · Binance"
    assert "Alerts about Binance are posted in @channel again. Nothing was missed." in said(unmuted)

    bench.moderates.remove(CHANNEL)
    assert "Only the people who moderate @channel may do that." in said(await moderate(bench, "mute 4h @channel"))
