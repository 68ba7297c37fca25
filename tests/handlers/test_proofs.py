from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain.exchange import Exchange, Listing
from bot.sources.proofs.curated import curated_proofs
from tests.builders import DAY, NOON
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import plain, said

TODAY = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(bench: DispatcherBench) -> None:
    bench.memory.clock.time = TODAY


async def test_a_replay_of_the_past_knows_no_row_of_later_days(bench: DispatcherBench) -> None:
    bench.memory.clock.time = NOON

    assert "No proof of reserves of OKX is known to this bot." in said(await bench.ask("por okx"))


async def test_an_exchange_that_is_not_read_is_answered_from_the_table(bench: DispatcherBench) -> None:
    answer = await bench.ask("por OKX")

    assert answer.title == "OKX · proof of reserves"
    assert plain(answer.lines[0]).startswith("Liabilities included · proof of 2026-08-11, 112 days old")
    assert "The ratios are of an earlier proof: 2025-06." in said(answer)
    assert "from a table in this bot, as published up to 2026-09-09" in said(answer)


async def test_what_the_exchange_itself_says_is_preferred(bench: DispatcherBench) -> None:
    own = replace(curated_proofs()["binance"], as_of=date(2026, 11, 1), ratios_of="", read_at=TODAY - DAY)
    bench.latest.set_proof(own)

    answer = said(await bench.ask("por binance"))

    assert "Liabilities included · proof of 2026-11-01, 30 days old" in answer
    assert "Binance · read 2026-11-30 12:00 UTC" in answer


async def test_an_exchange_without_a_row_is_said_to_be_unknown(bench: DispatcherBench) -> None:
    assert "No proof of reserves of NEXO is known to this bot." in said(await bench.ask("por nexo"))


async def test_an_exchange_that_publishes_none_is_said_to(bench: DispatcherBench) -> None:
    bench.add_listings(Listing(Exchange("coinbase", "Coinbase"), "defillama", NOON))

    assert "Coinbase publishes no proof of reserves." in said(await bench.ask("por coinbase"))


async def test_an_unknown_exchange_is_named_with_what_is_like_it(bench: DispatcherBench) -> None:
    assert "binance" in said(await bench.ask("por binanse"))


async def test_it_is_answered_while_the_store_is_away(bench: DispatcherBench) -> None:
    bench.memory.incidents.away = bench.memory.readings.away = True

    assert (await bench.ask("por okx")).title == "OKX · proof of reserves"
