import math
import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StorageError
from bot.domain.reading import Holding, Layouts, Reading, Slot
from bot.storage.reading_encoding import HEADER, microseconds, moment, pack, unpack

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
FIGURES = st.floats(allow_nan=False)
SLOTS = st.builds(Slot, st.text(max_size=8), st.text(max_size=8))
HOLDINGS = st.dictionaries(SLOTS, st.builds(Holding, FIGURES, FIGURES), max_size=30)
MOMENTS = st.datetimes(datetime(1999, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 — bounds are naive


def there_and_back(reading: Reading) -> Reading:
    slots = list(reading.holdings)
    return unpack(pack(reading, {slot: at for at, slot in enumerate(slots)}), reading.exchange, Layouts(slots))


@given(HOLDINGS, MOMENTS, MOMENTS, st.text(max_size=12))
def test_every_reading_comes_back_exactly(
    holdings: dict[Slot, Holding], as_of: datetime, fetched_at: datetime, source: str
) -> None:
    reading = Reading("binance", source, as_of, fetched_at, holdings)
    assert there_and_back(reading) == reading


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
