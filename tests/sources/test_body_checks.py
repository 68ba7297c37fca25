"""A body that contradicts what was asked for, itself, or the list is refused; what only looks so is read."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.sources.defillama.source import DefiLlama
from tests.fakes.defillama import FakeDefiLlama
from tests.sources.conftest import NOW, StoppedClock

BINANCE = Exchange("binance", "Binance", slug="binance-cex", own_tokens=frozenset({"BNB"}))
MONTH = NOW - timedelta(days=30)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DETAIL = "/protocol/binance-cex"
Body = dict[str, Any]


def edited(llama: FakeDefiLlama, edit: Callable[[Body], object]) -> None:
    """Answer the next question for Binance with its body, changed."""
    body = json.loads(llama.exchanges["binance"].protocol_body())
    edit(body)
    llama.fail(DETAIL, body=json.dumps(body).encode())


async def read(source: DefiLlama, exchange: Exchange = BINANCE) -> Reading:
    return (await source.readings(exchange, since=MONTH))[-1]


async def refusal(source: DefiLlama, exchange: Exchange = BINANCE) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.readings(exchange, since=MONTH)
    return caught.value


# Which exchange


async def test_another_exchanges_body_is_refused_and_the_next_good_one_is_read(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    await source.listings()
    good = await read(source)
    llama.fail(DETAIL, body=llama.exchanges["okx"].protocol_body())

    error = await refusal(source)

    assert error.fault is SourceFault.WRONG_EXCHANGE
    assert error.detail == "the body is of “OKX”, and Binance was asked for"
    assert error.fault.is_refusal
    assert await read(source) == good


async def test_it_is_refused_without_a_list_and_in_a_process_of_its_own_as_well(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    def as_okx(body: Body) -> None:
        body |= {"name": "OKX", "description": " " * 200_000}

    edited(llama, as_okx)
    assert (await refusal(source)).fault is SourceFault.WRONG_EXCHANGE


NAMES = (  # our id, the list's name, the slug, and what the body calls itself: as the upstream writes them in 2026
    ("binance", "Binance", "binance-cex", "Binance CEX"),
    ("binance", "Binance (global)", "binance-cex", "Binance"),
    ("crypto-com", "Crypto.com", "crypto-com", "Crypto-com"),
    ("nexo", "NEXO", "nexo", "Nexo"),
    ("bitmake", "Bitmake", "bitmake", "BitMake"),
    ("gate", "Gate", "gate", "Gate.io"),
    ("bake.io", "Bake.io", "bake.io", "Bake.io"),
    ("cex.io", "CEX.IO", "cex.io", "CEX.IO"),
    ("biconomy.com", "Biconomy.com", "biconomy.com", "Biconomy"),
    ("woo-x", "WOO X", "woo-x", "WOO X"),
    ("hashkey-exchange", "HashKey Exchange", "hashkey-exchange", "HashKey Exchange"),
    ("p2pb2b", "P2PB2B", "p2pb2b", "P2PB2B"),
)


@pytest.mark.parametrize("names", NAMES)
async def test_an_exchange_may_be_called_by_any_of_its_names(
    source: DefiLlama, llama: FakeDefiLlama, names: tuple[str, str, str, str]
) -> None:
    id_, name, slug, said = names
    llama.rename("binance", slug)
    llama.exchanges["binance"].name = said
    assert (await read(source, Exchange(id_, name, slug))).holdings


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Exchange("gate", "Gate", "gate"), "Gate US"),
        (Exchange("hashkey-exchange", "HashKey Exchange", "hashkey-exchange"), "HashKey Global"),
        (Exchange("okx", "OKX", "okx"), "Okcoin"),
        (BINANCE, "Binance US"),
        (BINANCE, "Binance staked ETH"),
    ],
)
async def test_a_name_that_is_only_similar_is_another_exchange(
    source: DefiLlama, llama: FakeDefiLlama, asked: Exchange, said: str
) -> None:
    llama.rename("binance", asked.slug or "")
    llama.exchanges["binance"].name = said
    assert (await refusal(source, asked)).fault is SourceFault.WRONG_EXCHANGE


@pytest.mark.parametrize(
    "said", [{"name": None}, {"name": 7}, {"name": ""}, {"name": "…"}, {"name": "BNB", "slug": "binance-cex"}]
)
async def test_what_the_body_does_not_say_is_not_held_against_it(
    source: DefiLlama, llama: FakeDefiLlama, said: Body
) -> None:
    edited(llama, lambda body: body.update(said))
    assert (await read(source)).holdings


async def test_a_name_cannot_deceive_who_reads_of_it(source: DefiLlama, llama: FakeDefiLlama) -> None:
    edited(llama, lambda body: body.update(name="O\u202eK\nX" + "x" * 500))
    detail = (await refusal(source)).detail
    assert "\u202e" not in detail
    assert "\n" not in detail
    assert len(detail) < 150


# The total of the list


def scale(body: Body, factor: float) -> None:
    """Multiply everything that the newest point says."""
    for part in (body, *body["chainTvls"].values()):
        if part.get("tvl"):
            part["tvl"][-1]["totalLiquidityUSD"] *= factor
        for half in ("tokens", "tokensInUsd"):
            if part.get(half):
                tokens = part[half][-1]["tokens"]
                tokens |= {asset: number * factor for asset, number in tokens.items()}


@pytest.mark.parametrize(("factor", "is_refused"), [(0.74, True), (0.76, False), (1.24, False), (1.26, True)])
async def test_a_total_off_the_lists_by_more_than_a_quarter_is_refused(
    source: DefiLlama, llama: FakeDefiLlama, *, factor: float, is_refused: bool
) -> None:
    await source.listings()
    edited(llama, lambda body: scale(body, factor))
    if is_refused:
        error = await refusal(source)
        assert error.fault is SourceFault.TOTAL_DISAGREES
        assert error.detail.startswith("its newest total is $")
    else:
        assert (await read(source)).holdings


async def test_without_a_total_of_its_own_a_bodys_assets_are_compared(source: DefiLlama, llama: FakeDefiLlama) -> None:
    def halved(body: Body) -> None:
        scale(body, 0.5)
        for part in (body, *body["chainTvls"].values()):
            part["tvl"] = []

    await source.listings()
    edited(llama, halved)
    assert (await refusal(source)).fault is SourceFault.TOTAL_DISAGREES


@pytest.mark.parametrize("row", [{"currentTvl": None}, {"currentTvl": 0}, {"currentTvl": -1e9}])
async def test_where_the_list_gives_no_total_none_is_compared(
    source: DefiLlama, llama: FakeDefiLlama, row: Body
) -> None:
    llama.rows = [exchange.row() | row for exchange in llama.exchanges.values()]
    await source.listings()
    edited(llama, lambda body: scale(body, 0.5))
    assert (await read(source)).holdings


async def test_an_exchange_that_the_list_lacks_is_compared_with_nothing(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    await source.listings()
    llama.rows = [llama.exchanges["okx"].row()]
    await source.listings()
    edited(llama, lambda body: scale(body, 0.5))
    assert (await read(source)).holdings


async def test_a_run_that_is_newer_than_the_list_is_read(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    await source.listings()
    clock.time = llama.step("binance", share=-0.6)
    assert (await read(source)).as_of == clock.time


async def test_a_run_that_the_list_has_and_the_body_has_not_is_no_contradiction(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    """Caches may keep a body for an hour: for two hours it may still have the total that the list had before."""
    await source.listings()
    body = llama.exchanges["binance"].protocol_body()
    clock.time = llama.step("binance", share=-0.6) + MINUTE
    await source.listings()
    clock.time += HOUR
    llama.step("binance", share=-0.01)
    await source.listings()
    llama.fail(DETAIL, body=body, times=2)
    assert (await read(source)).holdings

    clock.time += 2 * HOUR + MINUTE
    await source.listings()
    assert (await refusal(source)).fault is SourceFault.TOTAL_DISAGREES


async def test_a_list_that_lags_behind_is_waited_for_and_not_for_long(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    llama.rows = [exchange.row() for exchange in llama.exchanges.values()]
    await source.listings()
    clock.time = llama.step("binance", share=-0.6) + 10 * MINUTE
    await source.listings()
    assert (await refusal(source)).fault is SourceFault.TOTAL_DISAGREES

    llama.rows = None
    await source.listings()
    assert (await read(source)).as_of == llama.exchanges["binance"].as_of


async def test_a_list_that_stands_still_while_the_body_goes_on_says_nothing_of_it(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    llama.rows = [exchange.row() for exchange in llama.exchanges.values()]
    await source.listings()
    clock.time = llama.step("binance", share=-0.6, after=2 * HOUR) + 10 * MINUTE
    await source.listings()
    assert (await read(source)).as_of == llama.exchanges["binance"].as_of


async def test_an_unchanged_body_is_held_against_the_list_as_well(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    await source.listings()
    await read(source)
    llama.rows = [exchange.row() | {"currentTvl": 1e9} for exchange in llama.exchanges.values()]
    for _ in range(2):  # the totals of two hours ago are forgotten with the second
        clock.time += 2 * HOUR + MINUTE
        await source.listings()

    with pytest.raises(SourceError) as caught:
        await source.readings(BINANCE, since=NOW)
    assert caught.value.fault is SourceFault.TOTAL_DISAGREES
    assert "If-None-Match" in llama.asked(DETAIL)[-1]


# Its own totals


def set_newest(chain: str, half: str, **tokens: Any) -> Callable[[Body], None]:
    return lambda body: body["chainTvls"][chain][half][-1]["tokens"].update(tokens)


def multiply_values(factor: float, *chains: str) -> Callable[[Body], None]:
    def edit(body: Body) -> None:
        for chain in chains:
            tokens = body["chainTvls"][chain]["tokensInUsd"][-1]["tokens"]
            tokens |= {asset: usd * factor for asset, usd in tokens.items()}

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        multiply_values(3, "Bitcoin"),
        multiply_values(1e6, "Bitcoin", "Ethereum", "Tron", "Binance"),
        multiply_values(0.5, "Ethereum", "Tron"),
        lambda body: body["tvl"][-1].update(totalLiquidityUSD=body["tvl"][-1]["totalLiquidityUSD"] * 1.2),
        lambda body: body["tvl"][-1].update(totalLiquidityUSD=body["tvl"][-1]["totalLiquidityUSD"] / 1.2),
    ],
)
async def test_assets_that_do_not_add_up_to_the_totals_are_refused(
    source: DefiLlama, llama: FakeDefiLlama, edit: Callable[[Body], object]
) -> None:
    await source.listings()
    edited(llama, edit)
    error = await refusal(source)
    assert error.fault is SourceFault.VALUES_DISAGREE
    assert error.detail.startswith("its assets and its own total of $")


async def test_two_chains_that_are_wrong_by_as_much_in_opposite_directions_are_refused(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    """Their sum is right; what each of them holds is not."""

    def exchange_totals(body: Body) -> None:
        bitcoin, tron = (body["chainTvls"][chain]["tvl"][-1] for chain in ("Bitcoin", "Tron"))
        bitcoin["totalLiquidityUSD"], tron["totalLiquidityUSD"] = (
            tron["totalLiquidityUSD"],
            bitcoin["totalLiquidityUSD"],
        )

    edited(llama, exchange_totals)
    assert (await refusal(source)).fault is SourceFault.VALUES_DISAGREE


def without_totals(body: Body) -> None:
    for part in (body, *body["chainTvls"].values()):
        part["tvl"] = [{"date": body["tvl"][-1]["date"], "totalLiquidityUSD": 0}]


def with_an_absurd_total(body: Body) -> None:
    """As the upstream would write it: 3.4e20 ETH are in the chain's total, and in the whole one."""
    for part in (body, body["chainTvls"]["Ethereum"]):
        part["tvl"][-1]["totalLiquidityUSD"] = 1e24
    body["chainTvls"]["Ethereum"]["tokensInUsd"][-1]["tokens"]["ETH"] = 1e24


def with_an_impossible_value_in_a_chain_without_totals(body: Body) -> None:
    body["chainTvls"]["Ethereum"]["tvl"] = []
    body["chainTvls"]["Ethereum"]["tokens"][-1]["tokens"]["ETH"] = -1.0


def with_a_large_asset_that_has_no_value_and_is_in_no_total(body: Body) -> None:
    """As the upstream may write it: what has no price is in none of its own totals."""
    bitcoin = body["chainTvls"]["Bitcoin"]
    unknown_usd = bitcoin["tokensInUsd"][-1]["tokens"]["BTC"]
    bitcoin["tokensInUsd"][-1]["tokens"]["BTC"] = None
    for part in (body, bitcoin):
        part["tvl"][-1]["totalLiquidityUSD"] -= unknown_usd


def with_null_sections(body: Body) -> None:
    body["chainTvls"]["Tron"] |= {"tokens": None, "tokensInUsd": None}


@pytest.mark.parametrize(
    "edit",
    [
        multiply_values(1.05, "Bitcoin", "Ethereum", "Tron", "Binance"),
        multiply_values(1000, "Dust"),
        multiply_values(7, "Ethereum-staking"),
        without_totals,
        with_null_sections,
        set_newest("Ethereum", "tokens", UNPRICED=1e12),
        set_newest("Ethereum", "tokens", NEGATIVE=-5.0),
        set_newest("Ethereum", "tokensInUsd", ETH=-1.0),
        set_newest("Ethereum", "tokensInUsd", ETH=None),
        with_a_large_asset_that_has_no_value_and_is_in_no_total,
        set_newest("Ethereum", "tokensInUsd", ETH=1e24),
        multiply_values(10, "Bitcoin"),
        with_an_absurd_total,
        with_an_impossible_value_in_a_chain_without_totals,
    ],
)
async def test_what_only_looks_like_a_contradiction_is_read(
    source: DefiLlama, llama: FakeDefiLlama, edit: Callable[[Body], object]
) -> None:
    """Totals of zero are none, sections that are no chains do not count, impossible values are judged apart."""
    llama.step("binance", holdings={"Dust": {"USDT": 100.0}, "Ethereum": {"SHARED": 1.0}}, after=MINUTE)
    await source.listings()
    edited(llama, edit)
    assert (await read(source)).holdings


async def test_a_token_that_loses_its_price_is_no_contradiction(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.step("binance", holdings={"Ethereum": {"ODD": 5e9}}, prices={"ODD": 0.0}, after=MINUTE)
    await source.listings()
    assert (await read(source)).holdings


@pytest.mark.parametrize("is_in_the_totals", [False, True])
async def test_a_chain_that_is_missing_is_judged_as_missing(
    source: DefiLlama, llama: FakeDefiLlama, *, is_in_the_totals: bool
) -> None:
    """Tron has a quarter of everything. Its last point may be missing in the totals, too, or in the list alone."""
    await source.listings()
    if not is_in_the_totals:
        llama.step("binance", without_chains=["Tron"], after=MINUTE)
    edited(llama, lambda body: [half.pop() for half in body["chainTvls"]["Tron"].values() if is_in_the_totals])
    assert "Tron" not in (await read(source)).chains


async def test_a_chain_that_vanished_from_the_body_since_the_last_one_is_judged_as_missing(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    await source.listings()
    await read(source)
    edited(llama, lambda body: body["chainTvls"].pop("Tron"))
    assert "Tron" not in (await read(source)).chains


async def test_a_point_from_the_future_does_not_say_what_the_last_good_one_should_be(
    source: DefiLlama, llama: FakeDefiLlama
) -> None:
    await source.listings()
    llama.step("binance", share=-0.6, after=timedelta(days=2))
    assert (await read(source)).as_of <= NOW
