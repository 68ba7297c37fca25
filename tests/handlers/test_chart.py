"""/chart: each picture by its word, in any order with its window, from memory where it can be."""

import pytest

from bot.domain.exchange import Exchange
from bot.domain.signal import Rule
from bot.messages.model import Tone
from bot.messages.pictures import PictureKind
from tests.builders import DAY, HOUR, NOON, holding, incident, listing, signal
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    rows = [listing()]
    await bench.memory.readings.save_listings(rows)
    bench.latest.set_listings(rows)
    days = [holding(60 - day / 10, at=NOON - day * DAY - 11 * HOUR) for day in range(20)]
    await bench.memory.readings.add([*days, holding(58)])
    snapshot = await bench.snapshot_builder.snapshot(rows[0].exchange)
    bench.latest.set_snapshot(snapshot)
    return bench


@pytest.mark.parametrize(
    ("line", "title", "words"),
    [
        ("chart binance", "Binance · net flow a day · 30 d", "24 h −$"),
        ("chart binance 14d flows", "Binance · net flow a day · 14 d", "Normal day:"),
        ("chart binance reserves", "Binance · reserves by asset · 30 d", "$58.0 B without its own token"),
        ("chart binance reserves 7d", "Binance · reserves by asset · 7 d", "At each day's prices"),
        ("chart binance composition", "Binance · what it holds", "Stablecoins:"),
        ("chart binance run", "Binance · net flow since day 0", "FTX, November 2022: −37.0 % after 3 d, its end"),
    ],
)
async def test_a_chart_is_drawn_as_asked(bench: DispatcherBench, line: str, title: str, words: str) -> None:
    answer = await bench.ask(line)
    assert answer.title == title
    assert words in said(answer)
    assert answer.picture


async def test_an_open_incident_is_marked_and_starts_the_run(bench: DispatcherBench) -> None:
    begun = incident(number=3, seen=signal(at=NOON - 2 * DAY))
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, begun, [])
    answer = await bench.ask("chart binance flows")
    assert answer.picture
    assert "INC-3 since 11 Dec" in [band.name for band in answer.picture.bands]
    assert "the day before INC-3 began" in said(await bench.ask("chart binance run"))


@pytest.mark.parametrize("what", PictureKind)
async def test_without_known_wallets_no_chart_is_promised_for_later(bench: DispatcherBench, what: PictureKind) -> None:
    bench.latest.set_listings([listing(), listing(Exchange("nexo", "NEXO", slug=None), total=None)])
    answer = said(await bench.ask(f"chart nexo {what}"))
    assert "tracks no wallets of NEXO, so there is nothing to watch." in answer
    assert "Ask again" not in answer


async def test_while_the_store_is_away_flows_and_composition_are_drawn(bench: DispatcherBench) -> None:
    bench.memory.incidents.away = bench.memory.readings.away = True
    assert (await bench.ask("chart binance flows")).picture
    assert (await bench.ask("chart binance composition")).picture
    for what in ("reserves", "run"):
        answer = await bench.ask(f"chart binance {what}")
        assert (answer.picture, answer.tone) == (None, Tone.TROUBLE)


async def test_a_composition_takes_no_window(bench: DispatcherBench) -> None:
    assert "/chart binance reserves 7d" in said(await bench.ask("chart binance composition 7d"))
