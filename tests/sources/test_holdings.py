from array import array

import pytest

from bot.domain.reading import Holding, Reading, Slot
from bot.sources.holdings import Holdings
from tests.sources.conftest import NOW

SLOTS = [Slot("Tron", "USDT"), Slot("Bitcoin", "BTC"), Slot("Tron", "TRX")]
AS_DICT = {SLOTS[2]: Holding(1.0, 2.0), SLOTS[0]: Holding(3.0, 4.0)}


@pytest.fixture
def holdings() -> Holdings:
    return Holdings(SLOTS, array("I", [2, 0]), array("d", [1.0, 3.0]), array("d", [2.0, 4.0]))


def test_columns_behave_like_the_dict_they_stand_for(holdings: Holdings) -> None:
    assert dict(holdings) == AS_DICT
    assert holdings == AS_DICT
    assert AS_DICT == holdings  # noqa: SIM300 -- from the other side
    assert list(holdings) == list(AS_DICT)
    assert list(holdings.items()) == list(AS_DICT.items())
    assert list(holdings.values()) == list(AS_DICT.values())
    assert len(holdings) == len(holdings.items()) == 2
    assert repr(AS_DICT) in repr(holdings)


def test_a_slot_is_found_by_what_it_says_and_others_are_absent(holdings: Holdings) -> None:
    assert holdings[Slot("Tron", "USDT")] == Holding(3.0, 4.0)
    assert Slot("Tron", "TRX") in holdings
    assert Slot("Bitcoin", "BTC") not in holdings
    assert holdings.get(Slot("Bitcoin", "BTC")) is None
    assert (SLOTS[0], Holding(3.0, 4.0)) in holdings.items()


def test_a_reading_of_columns_equals_one_of_a_dict(holdings: Holdings) -> None:
    columns = Reading("binance", "defillama", NOW, NOW, holdings)
    assert columns == Reading("binance", "defillama", NOW, NOW, AS_DICT)
    assert columns.chains == {"Tron"}
    assert columns.total_usd(without={"TRX"}) == 4.0
    assert columns.by_asset() == {"USDT": Holding(3.0, 4.0), "TRX": Holding(1.0, 2.0)}


def test_other_holdings_are_not_equal(holdings: Holdings) -> None:
    assert holdings != {SLOTS[0]: Holding(3.0, 4.0)}


def test_values_come_in_the_order_of_the_columns(holdings: Holdings) -> None:
    assert list(holdings.values()) == [Holding(1.0, 2.0), Holding(3.0, 4.0)]
    assert all(isinstance(one, Holding) for one in holdings.values())
    assert Holding(3.0, 4.0) in holdings.values()
