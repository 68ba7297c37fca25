"""What counts as held, and what does not."""

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import SourceError, SourceFault
from bot.sources.defillama.protocol import BodyStatement, ProtocolExtract
from tests.fakes.defillama import FakeDefiLlama
from tests.sources.parsing import parse_protocol
from tests.sources.protocol_bodies import DAY, FETCHED, FIRST, Series, body_of, contents, parse, sections

FIVE_USDT = {"USDT": (5.0, 5.0)}
ODD = FIRST + DAY + 3631  # the newest hourly record of the second day


def impossible(body: bytes) -> dict[int, set[tuple[str, str]]]:
    """Return what a body tells that cannot be: time → (chain, asset)."""
    return {
        int(reading.as_of.timestamp()): {(chain, asset) for chain, asset in reading.impossible_slots}
        for reading in parse(body)
    }


def fault_of(body: bytes, since: int = 0) -> SourceFault:
    with pytest.raises(SourceError) as caught:
        parse(body, since)
    return caught.value.fault


def test_days_come_oldest_first_and_the_newest_record_last() -> None:
    series: Series = {FIRST: FIVE_USDT, FIRST + DAY: FIVE_USDT, ODD: {"USDT": (4.0, 4.1)}}
    readings = parse(body_of({"Tron": series}))
    assert [int(reading.as_of.timestamp()) for reading in readings] == [FIRST, FIRST + DAY, ODD]
    assert dict(readings[-1].holdings) == {("Tron", "USDT"): (4.0, 4.1)}
    assert (readings[0].exchange, readings[0].source, readings[0].fetched_at) == ("binance", "defillama", FETCHED)
    assert readings[0].as_of == datetime.fromtimestamp(FIRST, UTC)


def test_only_days_from_since_on_are_read() -> None:
    series: Series = {FIRST + day * DAY: FIVE_USDT for day in range(5)}
    assert list(contents(body_of({"Tron": series}), FIRST + 3 * DAY)) == [FIRST + 3 * DAY, FIRST + 4 * DAY]


def test_the_newest_point_is_read_though_older_than_since() -> None:
    series: Series = {FIRST: FIVE_USDT, ODD: FIVE_USDT}
    assert list(contents(body_of({"Tron": series}), ODD + DAY)) == [ODD]


def test_without_since_everything_is_read() -> None:
    assert len(parse_protocol(body_of({"Tron": {FIRST: FIVE_USDT}}), "x", fetched_at=FETCHED)) == 1


def test_chains_stand_side_by_side_in_one_reading() -> None:
    body = body_of({"Tron": {FIRST: FIVE_USDT}, "Ethereum": {FIRST: {"USDT": (7.0, 7.0), "ETH": (1.0, 3000.0)}}})
    assert contents(body)[FIRST] == {
        ("Tron", "USDT"): (5.0, 5.0),
        ("Ethereum", "USDT"): (7.0, 7.0),
        ("Ethereum", "ETH"): (1.0, 3000.0),
    }


def test_a_chain_that_lacks_a_day_is_missing_from_that_day_only() -> None:
    body = body_of({"Tron": {FIRST: FIVE_USDT, FIRST + DAY: FIVE_USDT}, "Ethereum": {FIRST: FIVE_USDT}})
    assert [sorted(reading.chains) for reading in parse(body)] == [["Ethereum", "Tron"], ["Tron"]]


@pytest.mark.parametrize("name", ["Ethereum-staking", "borrowed", "pool2", "staking", "Tron-borrowed", "Tron-anything"])
def test_sections_that_are_no_chains_are_left_out(name: str) -> None:
    body = body_of({name: {FIRST: FIVE_USDT}, "Tron": {FIRST: FIVE_USDT}})
    assert {slot[0] for slot in contents(body)[FIRST]} == {"Tron"}


def test_a_chain_with_a_dash_of_its_own_is_a_chain() -> None:
    assert {slot[0] for slot in contents(body_of({"Off-Chain": {FIRST: FIVE_USDT}}))[FIRST]} == {"Off-Chain"}


@pytest.mark.parametrize(
    "chain",
    [
        None,
        {},
        {"tokens": None, "tokensInUsd": None},
        {"tokens": [], "tokensInUsd": []},
        sections({FIRST: FIVE_USDT}) | {"tokensInUsd": None},
        {"tokens": sections({FIRST: FIVE_USDT})["tokens"]},
        {"tokensInUsd": sections({FIRST: FIVE_USDT})["tokensInUsd"]},
        sections({FIRST: None}),
    ],
)
def test_a_chain_without_both_halves_has_no_slots_and_no_zeros(chain: Any) -> None:
    assert contents(body_of({"Sui": chain, "Tron": {FIRST: FIVE_USDT}})) == {FIRST: {("Tron", "USDT"): (5.0, 5.0)}}


def test_a_day_with_amounts_and_no_values_is_left_out() -> None:
    tron = sections({FIRST: FIVE_USDT, FIRST + DAY: FIVE_USDT})
    del tron["tokensInUsd"][1]
    assert list(contents(body_of({"Tron": tron}))) == [FIRST]


def test_an_amount_without_a_value_is_held_unpriced_and_a_value_without_an_amount_is_not() -> None:
    tron = sections({FIRST: {"USDT": (5.0, 5.0), "ODD": (1.0, 1.0), "TRX": (2.0, 2.0)}})
    del tron["tokensInUsd"][0]["tokens"]["ODD"]
    del tron["tokens"][0]["tokens"]["TRX"]
    assert contents(body_of({"Tron": tron})) == {FIRST: {("Tron", "USDT"): (5.0, 5.0), ("Tron", "ODD"): (1.0, 0.0)}}


@pytest.mark.parametrize("pair", [(0, 0), (-0.0, 0), (0, -0.0), (0.0, 5.0)])
def test_nothing_is_no_holding_and_not_impossible(pair: tuple[float, float]) -> None:
    body = body_of({"Tron": {FIRST: {"GONE": pair, "USDT": (5.0, 5.0)}}})
    assert contents(body) == {FIRST: {("Tron", "USDT"): (5.0, 5.0)}}
    assert impossible(body) == {FIRST: set()}


def test_a_zero_is_named_where_something_was_held_and_not_where_nothing_ever_was() -> None:
    eth, zero = {"ETH": (2.0, 6e3)}, {"ETH": (0, 0)}
    series: Series = {
        FIRST: eth | FIVE_USDT | {"NEVER": (0, 0)},
        FIRST + DAY: zero | FIVE_USDT | {"NEVER": (-0.0, 0)},
        ODD: FIVE_USDT,
    }
    readings = parse(body_of({"Ethereum": series}))
    assert [{*reading.zero_slots} for reading in readings] == [set(), {("Ethereum", "ETH")}, set()]
    assert all(reading.zero_slots.isdisjoint(reading.holdings) for reading in readings)


def test_a_zero_beside_another_name_of_the_asset_is_none() -> None:
    series: Series = {FIRST: {"USDT": (5.0, 5.0)}, FIRST + DAY: {"USDT": (0, 0), "USD₮0": (5.0, 5.0)}}
    assert [reading.zero_slots for reading in parse(body_of({"Arbitrum": series}))] == [frozenset(), frozenset()]


def test_a_chain_of_zeros_alone_is_missing_from_its_reading_and_named() -> None:
    series: Series = {FIRST: FIVE_USDT, FIRST + DAY: {"USDT": (0, 0)}}
    bitcoin: Series = dict.fromkeys((FIRST, FIRST + DAY), FIVE_USDT)
    newest = parse(body_of({"Tron": series, "Bitcoin": bitcoin}))[-1]
    assert newest.chains == {"Bitcoin"}
    assert newest.zero_slots == {("Tron", "USDT")}


@pytest.mark.parametrize("number", ["-1.0", "-6.3e-07", "1e400", "-1e400", "null", '"5"', "[]", "true", "9" * 400])
def test_what_cannot_be_is_left_out_and_named_and_the_rest_of_its_chain_is_read(number: str) -> None:
    series: Series = {FIRST: {"ODD": (123.5, 5.0), "USDT": (5.0, 5.0)}}
    odd = body_of({"Tron": series, "Bitcoin": {FIRST: {"BTC": (1.0, 9e4)}}}).replace(b"123.5", number.encode())
    assert contents(odd) == {FIRST: {("Tron", "USDT"): (5.0, 5.0), ("Bitcoin", "BTC"): (1.0, 9e4)}}
    assert impossible(odd) == {FIRST: {("Tron", "ODD")}}


NO_VALUES = ["-1.0", "-6.3e-07", "1e400", "null", '"5"', "[]", "true", "9" * 400]


def unpriced(body: bytes) -> list[set[tuple[str, str]]]:
    return [{(chain, asset) for chain, asset in reading.unpriced_slots} for reading in parse(body)]


@pytest.mark.parametrize("number", NO_VALUES)
def test_an_amount_of_no_value_that_can_be_is_worth_what_it_was_at_its_last_price(number: str) -> None:
    """BTC at $20,000, then at $30,000, then 0.5 of null: $15,000. On Ethereum they are cheaper, and another slot."""
    series: Series = {
        FIRST: {"BTC": (1.0, 2e4), "USDT": (5.0, 5.0)},
        FIRST + DAY: {"BTC": (1.0, 3e4), "USDT": (5.0, 5.0)},
        FIRST + 2 * DAY: {"BTC": (0.5, 123.5), "USDT": (5.0, 5.0)},
        ODD + 2 * DAY: {"BTC": (0.25, 123.5), "USDT": (5.0, 5.0)},
    }
    wrapped: Series = {time: {"BTC": (1.0, 1e4)} for time in series}
    body = body_of({"Bitcoin": series, "Ethereum": wrapped}).replace(b"123.5", number.encode())

    held = [day[("Bitcoin", "BTC")] for day in contents(body).values()]
    assert held == [(1.0, 2e4), (1.0, 3e4), (0.5, 1.5e4), (0.25, 7.5e3)]
    assert unpriced(body) == [set(), set(), {("Bitcoin", "BTC")}, {("Bitcoin", "BTC")}]
    assert impossible(body) == {time: set() for time in series}


@pytest.mark.parametrize("number", [*NO_VALUES, "-1e400"])
def test_before_its_slot_ever_had_a_price_such_an_amount_has_a_value_of_zero(number: str) -> None:
    """Nor does a price that comes later say what it was worth."""
    series: Series = {FIRST: {"NEW": (9.0, 123.5), "USDT": (5.0, 5.0)}, FIRST + DAY: {"NEW": (9.0, 18.0)}}
    body = body_of({"Tron": series}).replace(b"123.5", number.encode())

    assert impossible(body) == {FIRST: set(), FIRST + DAY: set()}
    assert contents(body)[FIRST] == {("Tron", "NEW"): (9.0, 0.0), ("Tron", "USDT"): (5.0, 5.0)}
    assert [reading.unvalued_slots for reading in parse(body)] == [{("Tron", "NEW")}, set()]


def test_a_chain_on_which_nothing_has_a_value_or_had_one_is_missing() -> None:
    tron: Series = {FIRST: {"NEW": (9.0, None), "NEWER": (8.0, None)}}
    body = body_of({"Tron": tron, "Bitcoin": {FIRST: {"BTC": (1.0, 9e4)}}})

    assert contents(body) == {FIRST: {("Bitcoin", "BTC"): (1.0, 9e4)}}
    assert impossible(body) == {FIRST: {("Tron", "NEW"), ("Tron", "NEWER")}}
    assert unpriced(body) == [set()]


def test_a_price_of_zero_is_no_last_price() -> None:
    series: Series = {FIRST: {"BTC": (1.0, 2e4)}, FIRST + DAY: {"BTC": (1.0, 0.0)}, ODD + DAY: {"BTC": (2.0, None)}}

    assert [day[("Bitcoin", "BTC")] for day in contents(body_of({"Bitcoin": series})).values()] == [
        (1.0, 2e4),
        (1.0, 0.0),
        (2.0, 4e4),
    ]


@pytest.mark.parametrize(
    ("points", "price"),
    [
        ([(10.0, 1e3), (10.0, 5e3)], 500.0),
        ([(10.0, 1e3), (10.0, 5.1e3)], 100.0),  # one point more than five times as dear
        ([(10.0, 1e3), (10.0, 2e2)], 20.0),
        ([(10.0, 1e3), (10.0, 1.9e2)], 100.0),
        ([(10.0, 1e3), (10.0, 3e4), (10.0, 2.9e4)], 2900.0),  # a second one like it
        ([(10.0, 1e3), (10.0, 3e4), (10.0, 3e2)], 30.0),
        ([(10.0, 1e3), (10.0, 3e4), (10.0, 1e3), (10.0, 3e4)], 100.0),
        ([(10.0, 1e3), (1000.0, 1e3)], 1.0),  # a hundred new units for an old one
    ],
)
def test_a_price_that_is_far_off_at_one_point_alone_is_no_last_price(
    points: list[tuple[float, float]], price: float
) -> None:
    series: Series = {FIRST + day * DAY: {"LTC": point} for day, point in enumerate([*points, (2.0, None)])}

    *_, newest = contents(body_of({"Litecoin": series})).values()
    assert newest[("Litecoin", "LTC")] == pytest.approx((2.0, 2.0 * price))


def test_of_two_names_of_an_asset_one_without_a_value_makes_the_value_of_both_unknown() -> None:
    both: Series = {
        FIRST: {"USDT": (3.0, 3.0), "USD₮0": (1.0, 1.0)},
        FIRST + DAY: {"USDT": (3.0, 3.0), "USD₮0": (2.0, None)},
    }
    body = body_of({"Arbitrum": both})

    assert contents(body)[FIRST + DAY] == {("Arbitrum", "USDT"): (5.0, 5.0)}
    assert unpriced(body)[1] == {("Arbitrum", "USDT")}


@pytest.mark.parametrize("number", ["null", "-1.0", "1e400"])
def test_an_amount_of_zero_beside_no_value_is_no_zero(number: str) -> None:
    """Nothing says that all of it left: a node that answers errors answers them for both."""
    series: Series = {FIRST: {"BTC": (1.0, 2e4)}, FIRST + DAY: {"BTC": (0, 123.5), "USDT": (5.0, 5.0)}}
    body = body_of({"Bitcoin": series}).replace(b"123.5", number.encode())

    assert impossible(body)[FIRST + DAY] == {("Bitcoin", "BTC")}
    assert unpriced(body)[1] == set()


def test_a_point_that_is_too_old_to_be_asked_for_tells_no_price() -> None:
    """What is read does not depend on what came before the time that was asked for."""
    series: Series = {FIRST: {"BTC": (1.0, 2e4)}, FIRST + DAY: {"BTC": (1.0, None), "USDT": (5.0, 5.0)}}
    body = body_of({"Bitcoin": series})

    assert contents(body)[FIRST + DAY] == {("Bitcoin", "BTC"): (1.0, 2e4), ("Bitcoin", "USDT"): (5.0, 5.0)}
    assert contents(body, since=FIRST + DAY)[FIRST + DAY][("Bitcoin", "BTC")] == (1.0, 0.0)


def test_a_slot_is_impossible_at_the_time_for_which_it_was_told_so_only() -> None:
    series: Series = {FIRST: FIVE_USDT, FIRST + DAY: {"USDT": (-5.0, 5.0), "TRX": (1.0, 1.0)}, ODD: FIVE_USDT}
    assert impossible(body_of({"Tron": series})) == {FIRST: set(), FIRST + DAY: {("Tron", "USDT")}, ODD: set()}


def test_a_chain_of_impossible_values_alone_is_named_beside_the_others() -> None:
    body = body_of({"Tron": {FIRST: {"USDT": (-5.0, 5.0)}}, "Bitcoin": {FIRST: {"BTC": (1.0, 9e4)}}})
    assert parse(body)[0].chains == {"Bitcoin"}
    assert impossible(body) == {FIRST: {("Tron", "USDT")}}


def test_a_value_that_cannot_be_does_not_matter_where_nothing_is_held() -> None:
    tron = sections({FIRST: {"USDT": (5.0, 5.0), "ODD": (1.0, -1.0)}})
    del tron["tokens"][0]["tokens"]["ODD"]
    assert impossible(body_of({"Tron": tron})) == {FIRST: set()}


def test_two_names_of_an_asset_on_one_chain_add_up() -> None:
    held = {"USDT": (3.0, 3.0), "USD₮0": (2.0, 2.5), "USDT0": (1.0, 1.0), "MATIC": (7.0, 3.5), "USDC.E": (4.0, 4.0)}
    body = body_of({"Arbitrum": {FIRST: held}, "Tron": {FIRST: {"USDT": (9.0, 9.0)}}})
    assert contents(body)[FIRST] == {
        ("Arbitrum", "USDT"): (6.0, 6.5),
        ("Arbitrum", "POL"): (7.0, 3.5),
        ("Arbitrum", "USDC.E"): (4.0, 4.0),
        ("Tron", "USDT"): (9.0, 9.0),
    }


def test_a_renamed_asset_is_the_same_before_and_after() -> None:
    series: Series = {FIRST: {"USDT": (5.0, 5.0)}, FIRST + DAY: {"USD₮0": (5.0, 5.0)}}
    assert {tuple(held) for held in contents(body_of({"Arbitrum": series})).values()} == {(("Arbitrum", "USDT"),)}


@pytest.mark.parametrize("odd", [(-1.0, 1.0), (1e308, 1e308)])
def test_an_asset_of_which_one_name_cannot_be_is_not_known_at_all(odd: tuple[float, float]) -> None:
    """The second pair is possible, and the sum of both is not: 1e308 + 1e308 is infinite."""
    body = body_of({"Arbitrum": {FIRST: {"USDT": (1e308, 1e308), "USD₮0": odd, "ETH": (1.0, 3e3)}}})
    assert contents(body) == {FIRST: {("Arbitrum", "ETH"): (1.0, 3e3)}}
    assert impossible(body) == {FIRST: {("Arbitrum", "USDT")}}


@pytest.mark.parametrize("value", [5.0, 0.0])
def test_an_amount_below_every_units_size_cannot_be(value: float) -> None:
    """5e-324 is the smallest number there is: a price by it is infinite, where 1e-24 is one unit of NEAR."""
    body = body_of({"Tron": {FIRST: {"ODD": (5e-324, value), "NEAR": (1e-24, 1e-23), "USDT": (5.0, 5.0)}}})
    assert contents(body) == {FIRST: {("Tron", "NEAR"): (1e-24, 1e-23), ("Tron", "USDT"): (5.0, 5.0)}}
    assert impossible(body) == {FIRST: {("Tron", "ODD")}}


def test_dust_and_whole_numbers_are_holdings() -> None:
    body = body_of({"Tron": {FIRST: {"DUST": (6.3e-07, 0), "USDT": (5, 6)}}})
    assert contents(body) == {FIRST: {("Tron", "DUST"): (6.3e-07, 0.0), ("Tron", "USDT"): (5.0, 6.0)}}


@pytest.mark.parametrize("number", ['"5"', "null", "1e400", "[]", "true", "9" * 400])
def test_a_number_that_cannot_be_read_makes_its_chain_unknown_at_that_time(number: str) -> None:
    body = body_of(
        {"Tron": {FIRST: FIVE_USDT, FIRST + DAY: {"USDT": (123.5, 5.0)}}, "Bitcoin": {FIRST + DAY: FIVE_USDT}}
    )
    odd = body.replace(b"123.5", number.encode())
    assert contents(odd) == {FIRST: {("Tron", "USDT"): (5.0, 5.0)}, FIRST + DAY: {("Bitcoin", "USDT"): (5.0, 5.0)}}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1.2.3"])
def test_what_is_no_json_at_all_is_a_bad_shape(number: str) -> None:
    body = body_of({"Tron": {FIRST: {"USDT": (123.5, 5.0)}}}).replace(b"123.5", number.encode())
    assert fault_of(body) is SourceFault.BAD_SHAPE


def test_the_aggregate_stands_in_only_when_no_chain_has_points() -> None:
    aggregate = sections({FIRST: {"USDT": (9.0, 9.0)}})
    assert contents(body_of({"Tron": {"tokens": None, "tokensInUsd": None}}, **aggregate)) == {
        FIRST: {("all", "USDT"): (9.0, 9.0)}
    }
    assert contents(body_of({"Tron": {FIRST: FIVE_USDT}}, **aggregate)) == {FIRST: {("Tron", "USDT"): (5.0, 5.0)}}


def test_the_aggregate_may_stand_before_the_chains() -> None:
    aggregate = sections({FIRST: {"USDT": (9.0, 9.0)}})
    body = json.dumps(aggregate | {"chainTvls": {"Tron": sections({FIRST: FIVE_USDT})}}).encode()
    assert contents(body) == {FIRST: {("Tron", "USDT"): (5.0, 5.0)}}
    assert contents(json.dumps(aggregate | {"chainTvls": None}).encode()) == {FIRST: {("all", "USDT"): (9.0, 9.0)}}


def test_records_of_one_run_are_one_reading_at_the_time_of_the_aggregate() -> None:
    body = body_of(
        {
            "Tron": {FIRST: FIVE_USDT, ODD: FIVE_USDT},
            "Ethereum": {FIRST: FIVE_USDT, ODD - 7: FIVE_USDT},
            "Bitcoin": {FIRST: FIVE_USDT, ODD + 90: FIVE_USDT},
        },
        tvl=[{"date": FIRST, "totalLiquidityUSD": 1}, {"date": ODD, "totalLiquidityUSD": 1}],
    )
    assert list(contents(body)) == [FIRST, ODD]
    assert parse(body)[-1].chains == {"Tron", "Ethereum", "Bitcoin"}


def test_without_an_aggregate_the_newest_record_gives_the_time() -> None:
    body = body_of({"Tron": {ODD: FIVE_USDT}, "Ethereum": {ODD - 7: FIVE_USDT}})
    assert list(contents(body)) == [ODD]


def test_an_aggregate_from_another_hour_does_not_give_the_time() -> None:
    body = body_of({"Tron": {ODD: FIVE_USDT}}, tvl=[{"date": ODD - 7200, "totalLiquidityUSD": 1}])
    assert list(contents(body)) == [ODD]


def test_a_record_of_an_earlier_run_of_the_aggregate_is_not_taken_for_the_newest() -> None:
    body = body_of(
        {"Tron": {ODD - 600: FIVE_USDT, ODD: FIVE_USDT}, "Ethereum": {ODD - 600: FIVE_USDT}},
        tvl=[{"date": time, "totalLiquidityUSD": 1} for time in (ODD - 600, ODD)],
    )
    assert [reading.chains for reading in parse(body)] == [{"Tron", "Ethereum"}, {"Tron"}]


def test_a_chain_whose_last_record_is_older_is_missing_from_the_newest_reading() -> None:
    body = body_of({"Tron": {FIRST: FIVE_USDT, ODD: FIVE_USDT}, "Ethereum": {FIRST: FIVE_USDT, ODD - 1801: FIVE_USDT}})
    assert parse(body)[-1].chains == {"Tron"}


def test_a_chain_with_days_only_is_missing_from_the_newest_reading() -> None:
    late = FIRST + 600  # ten minutes after midnight
    body = body_of({"Tron": {FIRST: FIVE_USDT, late: FIVE_USDT}, "Ethereum": {FIRST: FIVE_USDT}})
    assert [reading.chains for reading in parse(body)] == [{"Tron", "Ethereum"}, {"Tron"}]


def test_finer_points_stay_apart() -> None:
    hourly = [FIRST + 31 + 3600 * hour for hour in range(1, 5)]
    body = body_of({"Tron": dict.fromkeys(hourly, FIVE_USDT), "Ethereum": dict.fromkeys(hourly, FIVE_USDT)})
    assert list(contents(body)) == hourly


def test_arrays_may_come_unsorted_and_the_later_of_two_equal_times_counts() -> None:
    tron = sections({FIRST + DAY: FIVE_USDT, FIRST: FIVE_USDT})
    for half in tron.values():
        half.append({"date": FIRST, "tokens": {"USDT": 8.0}})
    assert contents(body_of({"Tron": tron})) == {
        FIRST: {("Tron", "USDT"): (8.0, 8.0)},
        FIRST + DAY: {("Tron", "USDT"): (5.0, 5.0)},
    }


def test_odd_symbols_do_not_end_an_array_early() -> None:
    held = {'a"b': (1.0, 1.0), "c]}]": (2.0, 2.0), "[{": (3.0, 3.0), "d\\": (4.0, 4.0), "é\u2028": (5.0, 5.0)}
    body = body_of({"Tron]}": {FIRST: held}, "Bitcoin": {FIRST: FIVE_USDT}})
    assert {slot[1] for slot in contents(body)[FIRST]} == {*held, "USDT"}


@pytest.mark.parametrize("skipped", [["a]b"], ["a", "]"], [["]"], "["], ["\\"], [{"b": "]}"}], []])
def test_what_is_stepped_over_may_hold_any_sign(skipped: list[Any]) -> None:
    body = json.dumps({"notes": skipped, "chainTvls": {"Tron": sections({FIRST: FIVE_USDT})}}).encode()
    assert list(contents(body)) == [FIRST]


def test_whitespace_and_a_byte_order_mark_do_not_matter() -> None:
    body = body_of({"Tron": {FIRST: FIVE_USDT}})
    spaced = json.dumps(json.loads(body), indent=3).encode()
    assert contents(b"\xef\xbb\xbf \n" + spaced + b"\n\n") == contents(body)


@pytest.mark.parametrize("body", [b'{"chainTvls":{}}', b'{"chainTvls":null}', b'{"tokens":[]}'])
def test_a_body_without_points_is_empty(body: bytes) -> None:
    assert fault_of(body) is SourceFault.EMPTY


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"message":"Protocol"}',
        b"[]",
        b"null",
        b'"text"',
        b"17",
        b"-1",
        b'{"chainTvls":[]}',
        b'{"chainTvls":{"Tron":[]}}',
        b'{"chainTvls":{"Tron":{"tokens":{}}}}',
        b'{"chainTvls":{"Tron":{"tokens":[1]}}}',
        b'{"chainTvls":{"Tron":{"tokens":[{"tokens":{}}]}}}',
        b'{"chainTvls":{"Tron":{"tokens":[{"date":"1700006400","tokens":{}}]}}}',
        b'{"chainTvls":{"Tron":{"tokens":[{"date":1700006400000,"tokens":{}}]}}}',
        b'{"chainTvls":{"Tron":{"tokens":[{"date":-1,"tokens":{}}]}}}',
        b'{"tvl":{}}',
        b'{"a":1}{"b":2}',
        b'{"a" 1}',
        b"{1:2}",
        b'{"a":}',
        b'{"a":1,,"b":2}',
        b'{"\xff":1}',
        b'{"chainTvls":{"Tron":{"tokens":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}}}",
    ],
)
def test_another_shape_is_a_bad_shape(body: bytes) -> None:
    assert fault_of(body) is SourceFault.BAD_SHAPE


def statement_of(body: bytes, since: float = 0) -> BodyStatement:
    return ProtocolExtract([body], since=since).statement()


def total(time: int, usd: Any) -> dict[str, Any]:
    return {"date": time, "totalLiquidityUSD": usd}


def test_a_body_states_its_names_and_the_totals_of_its_newest_point() -> None:
    tron = sections({FIRST: FIVE_USDT, ODD: FIVE_USDT}) | {"tvl": [total(FIRST, 4), total(ODD - 7, 5)]}
    bitcoin = sections({FIRST: FIVE_USDT}) | {"tvl": [total(FIRST, 7)]}
    chains = {"Tron": tron, "Bitcoin": bitcoin, "Tron-staking": tron, "Sui": {"tvl": [total(ODD, 3)], "tokens": None}}
    body = body_of(chains, tvl=[total(ODD, 9), total(FIRST, 11)], slug="binance-cex")

    assert statement_of(body) == BodyStatement(
        "Binance CEX", "binance-cex", 9.0, (("Tron", 5.0), ("Sui", 3.0)), lacks_chains=True
    )


def test_a_chain_that_was_gone_at_the_point_before_is_not_lacking() -> None:
    tron = {FIRST: FIVE_USDT, FIRST + DAY: FIVE_USDT, ODD: FIVE_USDT}
    assert not statement_of(body_of({"Tron": tron, "Fantom": {FIRST: FIVE_USDT}})).lacks_chains
    assert statement_of(body_of({"Tron": tron, "Fantom": {FIRST + DAY: FIVE_USDT}})).lacks_chains
    assert not statement_of(body_of({"Tron": {FIRST: FIVE_USDT}})).lacks_chains


@pytest.mark.parametrize("usd", [None, 0, -5.0, "5", [], {}])
def test_a_total_that_is_none_is_no_statement(usd: Any) -> None:
    tron = sections({FIRST: FIVE_USDT}) | {"tvl": [total(FIRST, usd)]}
    assert statement_of(body_of({"Tron": tron}, tvl=[total(FIRST, usd)], name=usd)) == BodyStatement(
        "5" if usd == "5" else None
    )


@pytest.mark.parametrize("tvl", [None, "text", 7, {}, [1], [[]], [{"date": "x"}], [{}], []])
def test_a_chain_without_readable_totals_is_read_all_the_same(tvl: Any) -> None:
    body = body_of({"Tron": sections({FIRST: FIVE_USDT}) | {"tvl": tvl}})
    assert list(contents(body)) == [FIRST]
    assert not statement_of(body).chain_totals


def test_when_nothing_can_be_read_it_is_a_bad_shape_and_not_empty() -> None:
    assert fault_of(body_of({"Tron": {FIRST: {"USDT": ("5", "5")}}})) is SourceFault.BAD_SHAPE


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>", b"Internal Error", b"\x00\x01", b"Protocol not found"])
def test_a_page_or_a_text_is_not_json(body: bytes) -> None:
    assert fault_of(body) is SourceFault.NOT_JSON


def test_every_beginning_of_a_body_is_cut_short() -> None:
    body = body_of({"Tron": {FIRST: FIVE_USDT}}, tvl=[], note='a "quoted" text', old=[[1, "]"]], mcap=None)
    assert {fault_of(body[:length]) for length in range(len(body))} == {SourceFault.CUT_SHORT}


def test_a_generated_body_with_all_its_oddities_tells_what_the_generator_holds() -> None:
    okx = FakeDefiLlama(days=30).exchanges["okx"]
    readings = parse(okx.protocol_body())
    assert readings[-1].as_of == okx.as_of
    assert {chain for reading in readings for chain in reading.chains} == set(okx.runs[-1].holdings)
    for chain, held in okx.runs[-1].holdings.items():
        for asset, amount in held.items():
            assert readings[-1].holdings[(chain, asset)].amount == amount  # type: ignore[index]  # a plain pair will do
    assert all(slot.asset != "GONE" for reading in readings for slot in reading.holdings)


NUMBERS = (
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**30), 10**400) | st.sampled_from([0, -0.0])
)
ANYTHING = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
TOKENS = st.dictionaries(st.text(max_size=4), NUMBERS | ANYTHING, max_size=4)
POINTS = st.lists(st.fixed_dictionaries({"date": NUMBERS | st.just(FIRST), "tokens": TOKENS | ANYTHING}), max_size=4)
SECTION = POINTS | ANYTHING
CHAIN = st.fixed_dictionaries({}, optional={"tokens": SECTION, "tokensInUsd": SECTION, "tvl": SECTION}) | ANYTHING
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "chainTvls": st.dictionaries(st.text(max_size=5), CHAIN, max_size=3) | ANYTHING,
        "tokens": SECTION,
        "tokensInUsd": SECTION,
        "tvl": SECTION,
        "raises": st.lists(ANYTHING, max_size=2),
    },
)


def assert_readings_or_source_error(body: bytes, since: int) -> None:
    try:
        readings = parse(body, since)
    except SourceError:
        return
    assert readings
    assert sorted(readings, key=lambda reading: reading.as_of) == list(readings)
    for reading in readings:
        assert reading.holdings
        assert (reading.impossible_slots | reading.zero_slots).isdisjoint(reading.holdings)
        assert reading.unpriced_slots <= reading.holdings.keys()
        for held in reading.holdings.values():
            assert math.isfinite(held.amount)
            assert math.isfinite(held.usd)
            assert held.amount > 0
            assert held.usd >= 0


@settings(deadline=None)
@given(body=st.binary(max_size=200), since=st.sampled_from([0, FIRST]))
def test_any_bytes_give_readings_or_a_source_error(body: bytes, since: int) -> None:
    assert_readings_or_source_error(body, since)


@settings(max_examples=300, deadline=None)
@given(body=BODIES, since=st.sampled_from([0, FIRST]))
def test_any_json_gives_finite_readings_or_a_source_error(body: Any, since: int) -> None:
    assert_readings_or_source_error(json.dumps(body).encode(), since)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 5_000), byte=st.integers(0, 255), length=st.integers(0, 3))
def test_a_damaged_body_gives_finite_readings_or_a_source_error(at: int, byte: int, length: int) -> None:
    body = bytearray(DAMAGED)
    at %= len(body)
    body[at : at + length] = bytes([byte])
    assert_readings_or_source_error(bytes(body), 0)


DAMAGED = body_of(
    {"Tron": {FIRST: {"USDT": (5.0, 5.0), "TRX": (2e3, 3.5)}, ODD: FIVE_USDT}, "Bitcoin": {FIRST: {"BTC": (1.5, 9e4)}}},
    tvl=[{"date": ODD, "totalLiquidityUSD": 1}],
)
