from datetime import timedelta

import pytest

from bot.domain.exchange import Exchange
from bot.messages.model import Message
from tests.builders import BINANCE, DAY, NOON, holding, listing
from tests.fakes.dispatcher import MEMBER, MODERATOR, DispatcherBench
from tests.messages.cards.plain import said

DAWN = NOON - timedelta(hours=12)


@pytest.fixture
async def bench() -> DispatcherBench:
    """Store 201 days of Binance on which 0.2 % came or went in turn, but for one, forty days ago, on which 5 % left."""
    bench = DispatcherBench()
    rows = [listing(), *(listing(Exchange(f"small{n}", f"Small {n}", f"small{n}"), total=1e9) for n in range(12))]
    await bench.memory.readings.save_listings(rows)
    bench.latest.set_listings(rows)
    readings = [
        holding(60 * (1.002 if age % 2 else 1.0) * (0.95 if age < 40 else 1.0), at=DAWN - age * DAY)
        for age in range(200, -1, -1)
    ]
    await bench.memory.readings.add(readings)
    return bench  # fmt: skip


async def rehearse(bench: DispatcherBench, words: str) -> Message:
    return await bench.ask(f"rehearse {words}", who=MODERATOR)


async def test_a_rehearsal_says_when_a_rule_would_have_raised_an_alert(bench: DispatcherBench) -> None:
    answer = await rehearse(bench, "normal binance")

    assert answer.title == "Rehearsal · normal sensitivity"
    assert "This rule would have fired once for Binance in the last 90 days (0.3 times a month)." in said(answer)
    assert (
        f"🟠 {DAWN - 39 * DAY:%Y-%m-%d} to {DAWN - 31 * DAY:%m-%d} · Binance · elevated (peak), −5.2 % (−$3.12 B)"
        in said(answer)
    )


async def test_a_threshold_leaves_out_what_is_smaller(bench: DispatcherBench) -> None:
    for words in ("5% binance", "$3B binance", "early binance"):
        assert "would have fired once for Binance" in said(await rehearse(bench, words))
    for words in ("6% binance", "$4B binance"):
        assert "This rule would not have fired for Binance in the last 90 days." in said(await rehearse(bench, words))
    answer = await rehearse(bench, "6% binance")
    assert answer.title == "Rehearsal · normal sensitivity, only above 6\u00a0% of reserves"


async def test_a_place_rehearses_what_it_has_subscribed_to(bench: DispatcherBench) -> None:
    for words in ("normal", "3%", "$50M"):
        question = await rehearse(bench, words)
        assert "This place has no subscriptions; name an exchange" in said(question)
        assert question.actions[0].command == f"rehearse {words} binance"
        assert "Rehearsal · " in said(await bench.ask(question.actions[0].command, who=MODERATOR))
    await bench.ask("subscribe binance", who=MODERATOR)

    assert "would have fired once for Binance" in said(await rehearse(bench, "normal"))


async def test_of_all_exchanges_the_largest_are_rehearsed(bench: DispatcherBench) -> None:
    await bench.ask("subscribe all", who=MODERATOR)

    answer = said(await rehearse(bench, "normal"))

    assert "would have fired once for Binance" in answer
    assert "3 smaller exchanges were left out." in answer


async def test_an_exchange_without_stored_readings_cannot_be_rehearsed(bench: DispatcherBench) -> None:
    answer = said(await rehearse(bench, "normal small1"))

    assert "No readings of Small 1 are stored yet." in answer


async def test_a_short_history_is_said(bench: DispatcherBench) -> None:
    await bench.memory.readings.add([holding(1, at=DAWN - age * DAY, exchange="small1") for age in (5, 4, 3)])

    answer = said(await rehearse(bench, "normal small1"))

    assert f"Shorter history: Small 1 since {DAWN - 5 * DAY:%Y-%m-%d}." in answer


async def test_what_is_no_rule_is_refused(bench: DispatcherBench) -> None:
    answer = said(await rehearse(bench, "loud binance"))

    assert "I don't recognise “loud”. Use calm, normal, early, a share such as 3%, or $50M." in answer


async def test_rehearsing_is_for_moderators(bench: DispatcherBench) -> None:
    assert "moderate this place" in said(await bench.ask("rehearse normal binance", who=MEMBER))


async def test_names_come_from_the_list(bench: DispatcherBench) -> None:
    assert BINANCE.name in said(await rehearse(bench, "normal binance"))
