"""What people are offered who type the bot's name in any chat, with the real commands behind it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.exchange import Exchange
from bot.domain.place_settings import PlaceSettings
from tests.builders import OKX, listing
from tests.chat.telegram.polled import polled
from tests.chat.telegram.scene import place
from tests.fakes.as_read import as_read
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.telegram import FakeTelegram, User
from tests.language.pseudo import PSEUDO, pseudo_language

RESERVES, FLOWS = " · $58.0 B · 24 h −$2.00 B (−3.3 %)", " · 24 h −$2.00 B (−3.3 %)"


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    binance = bench.latest.snapshot("binance")
    assert binance
    for exchange in (OKX, Exchange("binance-us", "Binance US", "binance-us")):
        bench.add_listings(listing(exchange))
        bench.latest.set_snapshot(replace(binance, exchange=exchange))
    return bench


@pytest.fixture
async def asked(telegram: FakeTelegram, bench: DispatcherBench) -> AsyncIterator[FakeTelegram]:
    """The stand-in of a Telegram that a bot polls."""
    async with polled(telegram, bench):
        yield telegram


async def offered(telegram: FakeTelegram, user: User, typed: str) -> dict[str, Any]:
    query = telegram.type_inline(user, typed)
    await telegram.until(lambda: query in telegram.offered, f"what is offered for {typed!r}")
    return telegram.offered[query]


def titles(answer: dict[str, Any]) -> Sequence[str]:
    return [as_read(result["title"]).partition(" ")[2] for result in answer["results"]]


async def test_a_name_is_offered_its_reserves_flows_and_withdrawals(
    bench: DispatcherBench, asked: FakeTelegram
) -> None:
    bench.memory.readings.away = bench.memory.drills.away = True
    answer = await offered(asked, asked.user("Ann"), "binance")
    assert titles(answer) == [
        f"Binance{RESERVES}",
        f"Binance{FLOWS}",
        "Binance · withdrawals",
        f"Binance US{RESERVES}",
    ]
    first = answer["results"][0]
    posted = first["input_message_content"]
    assert posted["parse_mode"] == "HTML"
    assert "DefiLlama" in posted["message_text"]
    assert "2022-12-13" in posted["message_text"] or "ago" in posted["message_text"]
    assert first["description"]
    [[button]] = first["reply_markup"]["inline_keyboard"]
    assert button["url"] == "https://t.me/RunwatchBot?start=reserves_binance"
    assert (answer["cache_time"], answer["is_personal"]) == ("30", "true")
    assert asked.sent == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("flows okx", [f"OKX{FLOWS}"]),
        ("OKX /reserves", [f"OKX{RESERVES}"]),
        ("oxk", [f"OKX{RESERVES}", f"OKX{FLOWS}", "OKX · withdrawals"]),
        ("gate", ["Gate.io · withdrawals"]),
        ("bin\u200bance\u202e us", [f"Binance US{RESERVES}", f"Binance US{FLOWS}", "Binance US · withdrawals"]),
    ],
)
async def test_words_are_taken_for_what_they_may_mean(asked: FakeTelegram, typed: str, expected: list[str]) -> None:
    assert titles(await offered(asked, asked.user("Ann"), typed)) == expected


@pytest.mark.parametrize("typed", ["", "  ", "top", "/top"])
async def test_nothing_typed_yet_is_the_largest_outflows(asked: FakeTelegram, typed: str) -> None:
    answer = await offered(asked, asked.user("Ann"), typed)
    assert titles(answer)[0].startswith("Largest outflows by share")
    assert titles(answer)[1:] == [f"Binance{RESERVES}", f"OKX{RESERVES}", f"Binance US{RESERVES}"]


@pytest.mark.parametrize("typed", ["zzzz", "<b>&amp;" * 40, "\u202e" * 256, "'unbalanced \"", "🟠" * 100, "x" * 256])
async def test_what_means_nothing_leads_to_the_list(asked: FakeTelegram, typed: str) -> None:
    answer = await offered(asked, asked.user("Ann"), typed)
    if typed.strip("\u202e"):
        assert answer["results"] == []
        assert answer["button"] == {"text": "No exchange is called that. See them all", "start_parameter": "exchanges"}
    else:
        assert titles(answer)[0].startswith("Largest outflows")


async def test_everybody_is_offered_answers_in_their_own_language(
    bench: DispatcherBench, asked: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo_language(monkeypatch)
    ann, ben, luc = asked.user("Ann", language="es"), asked.user("Ben", language="en"), asked.user("Luc")
    bench.memory.place_settings.kept[place(luc.id)] = PlaceSettings(language=PSEUDO)
    for user, is_translated in ((ann, True), (ben, False), (luc, True)):
        nothing = await offered(asked, user, "zzzz")
        assert ("жж" in nothing["button"]["text"]) is is_translated
        found = await offered(asked, user, "binance")
        [[button]] = found["results"][0]["reply_markup"]["inline_keyboard"]
        assert ("жж" in button["text"]) is is_translated


async def test_each_person_may_type_so_often(asked: FakeTelegram) -> None:
    """The limit is that of commands, so that typing costs nobody else anything."""
    ann, bob = asked.user("Ann"), asked.user("Bob")
    answers = [await offered(asked, ann, f"binance{number}") for number in range(30)]
    refused = [answer for answer in answers if answer["cache_time"] == "5"]
    assert refused
    assert all(answer["results"] == [] and answer["button"]["start_parameter"] == "help" for answer in refused)
    assert titles(await offered(asked, bob, "okx"))[0] == f"OKX{RESERVES}"


async def test_a_query_that_is_too_old_harms_nothing(asked: FakeTelegram) -> None:
    ann = asked.user("Ann")
    asked.typing.discard(asked.type_inline(ann, "okx"))
    assert titles(await offered(asked, ann, "okx"))[0] == f"OKX{RESERVES}"


async def test_a_fault_costs_one_answer(bench: DispatcherBench, asked: FakeTelegram) -> None:
    snapshot = bench.latest.snapshot("okx")
    assert snapshot
    bench.latest.set_snapshot(replace(snapshot, days=None))  # type: ignore[arg-type]  # what cannot be
    with capture_logs() as logs:
        answer = await offered(asked, asked.user("Ann"), "okx")
    assert "OKX · withdrawals" in titles(answer)
    assert "not answered from memory" in [entry["event"] for entry in logs]


async def test_that_inline_mode_is_off_is_logged_once_connected(telegram: FakeTelegram, bench: DispatcherBench) -> None:
    telegram.has_inline_mode = False
    with capture_logs() as logs:
        async with polled(telegram, bench):
            pass
    assert "inline mode is off" in [entry["event"] for entry in logs]
