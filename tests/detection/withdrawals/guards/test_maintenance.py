from datetime import datetime

import pytest

from bot.detection.withdrawals.guards.maintenance import is_announced
from bot.domain.withdrawal_reading import Maintenance
from tests.detection.withdrawals.polls import at

TRON, USDT = frozenset({"TRON"}), frozenset({"USDT"})


@pytest.mark.parametrize(
    ("assets", "networks", "key", "is_covered"),
    [
        ((), (), ("BTC", "BITCOIN"), True),
        (USDT, (), ("USDT", "ETHEREUM"), True),
        (USDT, (), ("BTC", "BITCOIN"), False),
        ((), TRON, ("USDT", "TRON"), True),
        ((), TRON, ("USDT", "ETHEREUM"), False),
        (USDT, TRON, ("USDT", "TRON"), True),
        (USDT, TRON, ("TRX", "TRON"), False),
        (USDT, TRON, ("USDT", "ETHEREUM"), False),
        (USDT, TRON, ("USDT", "*"), True),
    ],
)
def test_it_covers_what_it_names_and_the_whole_exchange_where_it_names_nothing(
    assets: frozenset[str], networks: frozenset[str], key: tuple[str, str], *, is_covered: bool
) -> None:
    work = Maintenance("Work", is_under_way=True, assets=frozenset(assets), networks=frozenset(networks))

    assert is_announced(work, *key, at(0), closed_since=at(0)) is is_covered


@pytest.mark.parametrize(
    ("begins_at", "ends_at", "is_under_way", "is_on"),
    [
        (None, None, True, True),
        (None, None, False, False),
        (at(0), None, False, True),
        (at(1), None, False, False),
        (at(1), None, True, True),
        (at(-60), at(0), False, True),
        (at(-60), at(-1), True, False),
        (None, at(-1), True, False),
        (at(-24 * 60), None, True, True),
        (at(-24 * 60 - 1), None, True, False),
    ],
)
def test_it_counts_while_it_is_on_and_not_longer_than_was_announced(
    begins_at: datetime | None, ends_at: datetime | None, *, is_under_way: bool, is_on: bool
) -> None:
    work = Maintenance("Work", begins_at, ends_at, is_under_way)

    assert is_announced(work, "BTC", "BITCOIN", at(0), closed_since=at(-60)) is is_on


@pytest.mark.parametrize(("begins_at", "ends_at"), [(None, None), (at(9), None)], ids=["no time", "a time to come"])
def test_one_without_a_time_covers_a_closing_for_a_day(begins_at: datetime | None, ends_at: datetime | None) -> None:
    """Otherwise an exchange that calls itself under maintenance for ever would have excused whatever it closes."""
    work = Maintenance("Work", begins_at, ends_at, is_under_way=True)

    assert is_announced(work, "BTC", "BITCOIN", at(0), closed_since=at(-24 * 60))
    assert not is_announced(work, "BTC", "BITCOIN", at(0), closed_since=at(-24 * 60 - 1))
