"""Which places belong to a chain or an asset, and how a column is added up by them."""

from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC
from bot.detection.flow.slot_groups import SlotGroups


def groups_of(*names: str) -> SlotGroups:
    groups = SlotGroups()
    for name in names:
        groups.add(name)
    return groups


def test_groups_are_numbered_as_they_are_first_seen() -> None:
    groups = groups_of("USDT", "BTC", "USDT", "USDT")

    assert groups.names == ["USDT", "BTC"]
    assert [groups.number_of(name) for name in groups.names] == [0, 1]
    assert list(groups.group_of_place) == [0, 1, 0, 0]


def test_a_group_has_every_place_once() -> None:
    groups = groups_of("USDT", "BTC", "USDT", "USDT")

    assert groups.members == [[0, 2, 3], [1]]
    assert groups.members_of("USDT") == [0, 2, 3]
    assert groups.members_of("ETH") == []
    assert groups.first_places == [0, 1]
    assert groups.further_places == [(2, 0), (3, 0)]


def test_a_column_is_added_up_by_group() -> None:
    assert PLAIN_ARITHMETIC.group_totals(groups_of("USDT", "BTC", "USDT"), [1.0, 2.0, 4.0]) == [5.0, 2.0]
    assert PLAIN_ARITHMETIC.group_totals(groups_of(), []) == []
