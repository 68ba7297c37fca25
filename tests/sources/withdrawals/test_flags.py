"""From rows in an exchange's spelling to flags in ours."""

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalFlag, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalRow
from bot.sources.withdrawals.flags import FlagCollector
from tests.sources.withdrawals.bodies import CLOSED, DELAYED, OPEN, UNKNOWN

Row = tuple[str, str, WithdrawalState]


async def flags_of(*rows: Row) -> list[Row]:
    collector = FlagCollector()
    await collector.add(WithdrawalRow(*row) for row in rows)
    return [(flag.asset, flag.network, flag.state) for flag in collector.flags()]


async def test_names_become_ours_and_the_rest_is_counted() -> None:
    collector = FlagCollector()
    rows = [("usdt", "trc20", OPEN), ("usdt", "erc20", CLOSED), ("dgf13", "eth", CLOSED), ("dgf13", "bsc", UNKNOWN)]
    await collector.add(WithdrawalRow(*row) for row in rows)
    assert collector.flags() == (WithdrawalFlag("USDT", "ETHEREUM", CLOSED), WithdrawalFlag("USDT", "TRON", OPEN))
    assert (collector.listed, collector.closed) == (3, 2)


async def test_flags_are_in_order_of_asset_and_network() -> None:
    rows = [("TRX", "TRX", OPEN), ("USDC", "SOL", OPEN), ("USDC", "ETH", OPEN), ("BTC", "BTC", OPEN)]
    assert await flags_of(*rows) == [
        ("BTC", "BITCOIN", OPEN),
        ("USDC", "ETHEREUM", OPEN),
        ("USDC", "SOLANA", OPEN),
        ("TRX", "TRON", OPEN),
    ]


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (OPEN, OPEN, OPEN),
        (CLOSED, CLOSED, CLOSED),
        (OPEN, DELAYED, DELAYED),
        (OPEN, CLOSED, UNKNOWN),
        (DELAYED, CLOSED, UNKNOWN),
        (UNKNOWN, OPEN, UNKNOWN),
        (CLOSED, UNKNOWN, UNKNOWN),
    ],
)
async def test_of_a_network_that_is_listed_twice_contradictions_say_nothing(
    first: WithdrawalState, second: WithdrawalState, together: WithdrawalState
) -> None:
    expected = [("USDT", "TRON", together)]
    assert await flags_of(("USDT", "TRC20", first), ("USDT", "usdt-trx", second)) == expected
    assert await flags_of(("USDT", "TRC20", second), ("USDT", "usdt-trx", first)) == expected


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (OPEN, CLOSED, OPEN),
        (DELAYED, CLOSED, DELAYED),
        (OPEN, DELAYED, OPEN),
        (OPEN, UNKNOWN, OPEN),
        (CLOSED, UNKNOWN, UNKNOWN),
        (CLOSED, CLOSED, CLOSED),
    ],
)
async def test_a_coin_can_be_withdrawn_over_its_own_network_with_either_form_of_address(
    first: WithdrawalState, second: WithdrawalState, together: WithdrawalState
) -> None:
    """KuCoin's BTC-Segwit takes deposits only: that makes bitcoin neither closed there nor unknown."""
    expected = [("BTC", "BITCOIN", together)]
    assert await flags_of(("BTC", "BTC", first), ("BTC", "BTC-Segwit", second)) == expected
    assert await flags_of(("BTC", "BTC-Segwit", second), ("BTC", "BTC", first)) == expected


async def test_another_name_of_an_asset_counts_only_where_its_own_is_not_listed() -> None:
    """WETH beside ETH is a coin of its own there; USDT0 alone is what that exchange calls USDT."""
    assert await flags_of(("ETH", "ERC20", OPEN), ("WETH", "ERC20", CLOSED)) == [("ETH", "ETHEREUM", OPEN)]
    assert await flags_of(("USDT0", "TRC20", CLOSED)) == [("USDT", "TRON", CLOSED)]


@pytest.mark.parametrize("whole", [OPEN, CLOSED, DELAYED, UNKNOWN])
async def test_what_is_told_of_an_asset_as_a_whole_is_true_of_each_of_its_networks(whole: WithdrawalState) -> None:
    rows = [("USDT", ALL_NETWORKS, whole), ("USDT", "TRC20", OPEN), ("USDT", "ERC20", CLOSED)]
    assert await flags_of(*rows) == [("USDT", "ETHEREUM", CLOSED), ("USDT", "TRON", whole)]
    assert await flags_of(rows[0]) == [("USDT", ALL_NETWORKS, whole)]


async def test_a_row_without_a_network_is_about_the_whole_asset_where_it_is_the_only_one() -> None:
    assert await flags_of(("btc", "", CLOSED)) == [("BTC", ALL_NETWORKS, CLOSED)]
    assert await flags_of(("BTC", "", CLOSED), ("BTC", "", OPEN)) == []
    assert await flags_of(("BTC", "", CLOSED), ("BTC", "BTC", OPEN)) == [("BTC", "BITCOIN", OPEN)]
    assert await flags_of(("WETH", "", CLOSED)) == []
    assert await flags_of(("BTC", "x" * 41, CLOSED)) == [("BTC", ALL_NETWORKS, CLOSED)]


async def test_rows_of_another_interface_are_not_counted_once_more() -> None:
    collector = FlagCollector()
    await collector.add([WithdrawalRow("BTC", ALL_NETWORKS, OPEN)])
    collector.add_uncounted(WithdrawalRow("BTC", "Bitcoin", CLOSED))
    assert (collector.listed, collector.closed) == (1, 0)
    assert collector.flags() == (WithdrawalFlag("BTC", "BITCOIN", CLOSED),)


async def test_no_row_at_all_is_a_fault() -> None:
    with pytest.raises(SourceError) as refused:
        await flags_of()
    assert refused.value.fault is SourceFault.EMPTY


async def test_more_networks_than_there_are_is_a_fault() -> None:
    with pytest.raises(SourceError) as refused:
        await flags_of(*(("USDT", f"chain{number}", OPEN) for number in range(401)))
    assert refused.value.fault is SourceFault.BAD_SHAPE
