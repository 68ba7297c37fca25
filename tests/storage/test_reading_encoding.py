import math
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StorageError
from bot.domain.reading import Holding, Holdings, Layouts, Reading, Slot
from bot.storage.reading_encoding import HEADER, microseconds, moment, pack, unpack

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
FIGURES = st.floats(allow_nan=False)
SLOTS = st.builds(Slot, st.text(max_size=8), st.text(max_size=8))
HOLDINGS = st.dictionaries(SLOTS, st.builds(Holding, FIGURES, FIGURES), max_size=30)
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 — bounds are naive


def there_and_back(reading: Reading) -> Reading:
    slots = [*reading.holdings, *reading.impossible_slots, *reading.zero_slots]
    return unpack(pack(reading, {slot: at for at, slot in enumerate(slots)}), reading.exchange, Layouts(slots))


@given(HOLDINGS, MOMENTS, MOMENTS, st.text(max_size=12))
def test_every_reading_comes_back_exactly(
    holdings: dict[Slot, Holding], as_of: datetime, fetched_at: datetime, source: str
) -> None:
    reading = Reading("binance", source, as_of, fetched_at, holdings)
    assert there_and_back(reading) == reading


@given(HOLDINGS, st.frozensets(SLOTS, max_size=3), st.frozensets(SLOTS, max_size=3), st.integers(0, 3))
def test_marked_slots_come_back_as_what_they_were(
    holdings: dict[Slot, Holding], impossible: frozenset[Slot], zeros: frozenset[Slot], count: int
) -> None:
    impossible -= holdings.keys()
    zeros -= holdings.keys() | impossible
    unpriced = frozenset(sorted(holdings)[:count])
    reading = Reading("binance", "defillama", NOON, NOON, holdings, impossible, zeros, unpriced)
    assert there_and_back(reading) == reading


def test_only_a_reading_with_such_slots_is_refused_by_an_older_program() -> None:
    usdt, eth = Slot("Tron", "USDT"), Slot("Ethereum", "ETH")
    whole = Reading("binance", "defillama", NOON, NOON, {usdt: Holding(1.0, 2.0)})
    partial = replace(whole, impossible_slots=frozenset({eth}))
    emptied = replace(whole, zero_slots=frozenset({eth}))
    unpriced = replace(emptied, unpriced_slots=frozenset({usdt}))
    layouts = [pack(reading, {usdt: 0, eth: 1})[HEADER.size] for reading in (whole, partial, emptied, unpriced)]
    assert layouts == [1, 2, 2, 3]


def test_two_rows_of_one_slot_add_up_and_share_their_layout() -> None:
    """They were written as two assets, before the program knew that both names are of the same one."""
    usdt, renamed, eth = Slot("Arbitrum", "USDT"), Slot("Arbitrum", "USD₮0"), Slot("Arbitrum", "ETH")
    held = {usdt: Holding(3.0, 3.5), eth: Holding(1.0, 3e3), renamed: Holding(2.0, 2.0)}
    blob = pack(Reading("binance", "defillama", NOON, NOON, held), {usdt: 0, renamed: 1, eth: 2})
    layouts = Layouts([usdt, usdt, eth])

    first, second = (unpack(blob, "binance", layouts) for _ in range(2))

    assert first.holdings == {usdt: Holding(5.0, 5.5), eth: Holding(1.0, 3e3)}
    assert first.total_usd() == 3005.5
    assert isinstance(first.holdings, Holdings)
    assert isinstance(second.holdings, Holdings)
    assert first.holdings.layout is second.holdings.layout


@pytest.mark.parametrize("figure", [6.3e-07, 1e300, 5e-324, sys.float_info.max, 0.1 + 0.2, 17_000_000_000.123])
def test_odd_figures_keep_every_bit(figure: float) -> None:
    reading = Reading("binance", "defillama", NOON, NOON, {Slot("Ethereum", "ETH"): Holding(figure, -figure)})
    assert there_and_back(reading).holdings == {Slot("Ethereum", "ETH"): Holding(figure, -figure)}


def test_a_negative_zero_stays_negative() -> None:
    reading = Reading("binance", "defillama", NOON, NOON, {Slot("Ethereum", "ETH"): Holding(-0.0, 0.0)})
    holding = there_and_back(reading).holdings[Slot("Ethereum", "ETH")]
    assert (math.copysign(1, holding.amount), math.copysign(1, holding.usd)) == (-1, 1)


def test_slots_and_holdings_come_back_as_themselves() -> None:
    reading = Reading("binance", "defillama", NOON, NOON, {Slot("Ethereum", "ETH"): Holding(1.0, 2.0)})
    [(slot, holding)] = there_and_back(reading).holdings.items()
    assert (type(slot), type(holding)) == (Slot, Holding)


def test_the_same_holdings_have_the_same_bytes_after_the_header() -> None:
    a, b = Slot("Ethereum", "ETH"), Slot("Tron", "USDT")
    first = Reading("binance", "defillama", NOON, NOON, {a: Holding(1.0, 2.0), b: Holding(3.0, 4.0)})
    second = Reading(
        "binance", "defillama", NOON + timedelta(hours=1), NOON, {b: Holding(3.0, 4.0), a: Holding(1.0, 2.0)}
    )
    numbers = {a: 0, b: 1}
    assert pack(first, numbers)[HEADER.size :] == pack(second, numbers)[HEADER.size :]


def test_a_number_beyond_the_known_slots_is_an_index_error() -> None:
    slot = Slot("Ethereum", "ETH")
    blob = pack(Reading("binance", "defillama", NOON, NOON, {slot: Holding(1.0, 2.0)}), {slot: 7})
    with pytest.raises(IndexError):
        unpack(blob, "binance", Layouts([slot]))


def test_another_layout_is_refused() -> None:
    blob = bytearray(pack(Reading("binance", "defillama", NOON, NOON, {}), {}))
    blob[HEADER.size] = 9
    with pytest.raises(StorageError, match="layout"):
        unpack(bytes(blob), "binance", Layouts([]))


@given(MOMENTS)
def test_moments_keep_their_microseconds(at: datetime) -> None:
    assert moment(microseconds(at)) == at
