from array import array

import pytest

from bot.domain.reading import Holding, Holdings, Layouts, Reading, Slot
from tests.builders import NOON as NOW

SLOTS = [Slot("Tron", "USDT"), Slot("Bitcoin", "BTC"), Slot("Tron", "TRX")]
AS_DICT = {SLOTS[2]: Holding(1.0, 2.0), SLOTS[0]: Holding(3.0, 4.0)}


@pytest.fixture
def holdings() -> Holdings:
    return Holdings(Layouts(SLOTS).at(array("I", [2, 0])), array("d", [1.0, 3.0]), array("d", [2.0, 4.0]))


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


def test_holdings_are_equal_whatever_their_order(holdings: Holdings) -> None:
    assert Holdings.of(AS_DICT) == holdings
    assert Holdings.of(dict(reversed(AS_DICT.items()))) == holdings
    assert Holdings.of(holdings) is holdings


@pytest.mark.parametrize(
    "other",
    [
        {SLOTS[0]: Holding(3.0, 4.0)},
        AS_DICT | {SLOTS[0]: Holding(3.5, 4.0)},
        AS_DICT | {SLOTS[2]: Holding(1.0, 2.5)},
        AS_DICT | {SLOTS[1]: Holding(1.0, 2.0)},
    ],
)
def test_other_holdings_are_not_equal(holdings: Holdings, other: dict[Slot, Holding]) -> None:
    assert holdings != other
    assert holdings != Holdings.of(other)


def test_the_same_positions_give_the_same_layout() -> None:
    layouts = Layouts(SLOTS)
    assert layouts.at(array("I", [0, 2])) is layouts.at(array("I", [0, 2]))
    assert layouts.at(array("I", [2, 0])) != layouts.at(array("I", [0, 2]))
    assert layouts.at(array("I", [0, 2])) == Layouts(SLOTS[::2]).at(array("I", [0, 1]))
    assert layouts.at(array("I", [0])) != "a layout"
    with pytest.raises(IndexError):
        layouts.at(array("I", [3]))


def test_a_list_of_slots_read_in_ever_new_ways_is_not_remembered_for_ever() -> None:
    layouts = Layouts([Slot("Tron", str(number)) for number in range(300)])
    first = layouts.at(array("I", [0]))
    for number in range(300):
        assert layouts.at(array("I", [number])).slots == (Slot("Tron", str(number)),)
    assert layouts.at(array("I", [0])) is not first


def test_values_come_in_the_order_of_the_columns(holdings: Holdings) -> None:
    assert list(holdings.values()) == [Holding(1.0, 2.0), Holding(3.0, 4.0)]
    assert all(isinstance(holding, Holding) for holding in holdings.values())
    assert Holding(3.0, 4.0) in holdings.values()
