"""Status pages: names of components, announced maintenance, and Kraken's networks."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import Maintenance, WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.status_pages import STATUS_PAGE_TWINS
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, WithdrawalRow
from bot.sources.withdrawals.flags import FlagCollector
from bot.sources.withdrawals.status_pages.coinbase import COINBASE_EXCHANGE_STATUS_PAGE, COINBASE_STATUS_PAGE
from bot.sources.withdrawals.status_pages.kraken import KRAKEN_STATUS_PAGE
from bot.sources.withdrawals.status_pages.names import funding_component, named_assets, named_networks
from tests.sources.withdrawals.distortions import distortions

PAGES = (KRAKEN_STATUS_PAGE, COINBASE_STATUS_PAGE, COINBASE_EXCHANGE_STATUS_PAGE)
TWINS = {twin.setting: twin for twin in STATUS_PAGE_TWINS}
OPEN, DELAYED, CLOSED = WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.CLOSED
NINE, TEN = datetime(2026, 5, 11, 9, 0, tzinfo=UTC), datetime(2026, 5, 11, 10, 0, tzinfo=UTC)

# Names from Kraken's own page on 20 July 2026, as kept in https://github.com/Finnlayy/Neo_Fabel; those that begin with
# the group are from maintenance and incidents on it, https://status.kraken.com/api/v2/incidents.json of 1 August 2026.
COMPONENTS = [
    ("Bitcoin (BTC) - Bitcoin", "BTC", "Bitcoin"),
    ("Bitcoin (BTC) - Lightning", "BTC", "Lightning"),
    ("Bitcoin (kBTC) - Ink", "kBTC", "Ink"),
    ("Ethereum (ETH)", "ETH", "Ethereum"),
    ("Ethereum (ETH) - Arbitrum One", "ETH", "Arbitrum One"),
    ("Tether USD (USDT) - Tron", "USDT", "Tron"),
    ("Tether USD (USDT) - HyperEVM (USDT0)", "USDT", "HyperEVM (USDT0)"),
    ("USDC (USDC) - Sei - EVM", "USDC", "Sei - EVM"),
    ("TRON (TRX)", "TRX", "TRON"),
    ("XRP (XRP)", "XRP", "XRP"),
    ("Digital Currency Funding - USDC (USDC) - Sui", "USDC", "Sui"),
    ("Digital Currency Funding - Sui (SUI)", "SUI", "Sui"),
    ("Digital Currency Funding - Ethereum (ETH) - Polygon", "ETH", "Polygon"),
]


@pytest.mark.parametrize(("name", "asset", "network"), COMPONENTS)
def test_a_component_is_an_asset_on_a_network(name: str, asset: str, network: str) -> None:
    assert funding_component(name) == (asset, network)


@pytest.mark.parametrize("name", ["Website", "Digital Currency Funding", "iDEAL", "Kraken API", "", "()", "a" * 10_000])
def test_another_component_is_none(name: str) -> None:
    assert funding_component(name) is None


@pytest.mark.parametrize(
    ("title", "assets", "networks"),
    [
        ("Delayed USDC sends on Solana", {"USDC"}, {"SOLANA"}),
        ("Bonk (BONK) Deposits and Withdrawals Temporarily Suspended", {"BONK"}, set()),
        ("Tron (TRX) network upgrade", {"TRX"}, {"TRON"}),
        ("ETH and ERC-20 maintenance", {"ETH"}, {"ETHEREUM"}),
        ("USDT TRC20 withdrawals", {"USDT"}, {"TRON"}),
        ("Bitcoin Cash (BCH) hard fork", {"BCH"}, set()),
        ("Ethereum Classic hard fork", set(), set()),
        ("Wrapped Bitcoin (WBTC) migration", {"WBTC"}, set()),
        ("Scheduled Maintenance - Website", set(), set()),
        ("Polygon Network Upgrade", set(), {"POLYGON"}),
        ("Maintenance of Optimism and Base", set(), {"OPTIMISM"}),
        ("Upgrade of 11 May, 09:00 (UTC)", set(), set()),
        ("Scheduled maintenance - Solana (SOL)", {"SOL"}, {"SOLANA"}),
        ("Ethereum (ETH) - Polygon", {"ETH"}, {"POLYGON"}),
    ],
)
def test_a_title_names_assets_and_networks(title: str, assets: set[str], networks: set[str]) -> None:
    assert (set(named_assets(title)), set(named_networks(title))) == (assets, networks)


def test_a_hostile_title_takes_no_time() -> None:
    """Without a limit, the search for other coins in it would take the square of its length."""
    assert set(named_networks("A " * 3_000_000)) == set()
    assert set(named_assets("(A" * 3_000_000)) == set()


def kraken(*components: tuple[str, str], maintenance: Sequence[object] = ()) -> StatusContent:
    """Return what Kraken's page says with these funding components."""
    group = {"id": "funding", "name": "Digital Currency Funding", "status": "operational", "group": True}
    rows = [{"id": name, "name": name, "status": status, "group_id": "funding"} for name, status in components]
    staking = {"id": "s", "name": "Bitcoin (BTC) - Staking", "status": "major_outage", "group_id": "earn"}
    body = {"components": [group, *rows, staking], "scheduled_maintenances": maintenance}
    return KRAKEN_STATUS_PAGE.parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("operational", OPEN),
        ("degraded_performance", DELAYED),
        ("partial_outage", DELAYED),
        ("major_outage", CLOSED),
        ("under_maintenance", CLOSED),
        ("something_new", WithdrawalState.UNKNOWN),
    ],
)
def test_the_status_of_a_component_is_the_state_of_a_network(status: str, state: WithdrawalState) -> None:
    content = kraken(("Tether USD (USDT) - Tron", status))

    assert content.rows == (WithdrawalRow("USDT", "Tron", state),)


def test_what_stands_in_another_group_is_no_network() -> None:
    """Staking of bitcoin is out of order in every page that `kraken` makes."""
    assert kraken(("Website", "major_outage")).rows == ()


def test_without_its_group_the_page_tells_nothing() -> None:
    body = {"components": [{"id": "1", "name": "TRON (TRX)", "status": "operational"}], "scheduled_maintenances": []}

    with pytest.raises(SourceError) as error:
        KRAKEN_STATUS_PAGE.parse(json.dumps(body).encode())
    assert error.value.fault is SourceFault.BAD_SHAPE


def test_kraken_tells_every_network_of_the_tracked_assets() -> None:
    flags = (
        WithdrawalFlag("BTC", "BITCOIN", OPEN),
        WithdrawalFlag("BTC", "LIGHTNING", CLOSED),
        WithdrawalFlag("ETH", "ETHEREUM", CLOSED),
        WithdrawalFlag("USDT", "ETHEREUM", OPEN),
        WithdrawalFlag("USDT", "TRON", DELAYED),
        WithdrawalFlag("USDC", "SOLANA", OPEN),
        WithdrawalFlag("SOL", "SOLANA", OPEN),
        WithdrawalFlag("XRP", "XRPL", OPEN),
        WithdrawalFlag("TRX", "TRON", CLOSED),
    )
    body = TWINS["kraken_status_url"].write(ExchangeCondition(flags))
    collector = FlagCollector()
    for row in KRAKEN_STATUS_PAGE.parse(json.dumps(body).encode()).rows:
        collector.add_uncounted(row)

    assert collector.flags() == flags


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.setting)
@pytest.mark.parametrize("is_under_way", [True, False])
def test_works_are_told_with_times_assets_and_networks(page: StatusAdapter, is_under_way: bool) -> None:  # noqa: FBT001
    entry = Maintenance("Upgrade", NINE, TEN, is_under_way, frozenset({"USDT"}), frozenset({"TRON", "ETHEREUM"}))
    body = TWINS[page.setting].write(ExchangeCondition(maintenance=(entry,)))

    assert page.parse(json.dumps(body).encode()).maintenance == (entry,)


@pytest.mark.parametrize(
    ("status", "told"), [("scheduled", True), ("in_progress", True), ("verifying", True), ("completed", False)]
)
def test_work_that_is_over_is_not_told(status: str, told: bool) -> None:  # noqa: FBT001
    assert bool(kraken(maintenance=[{"name": "Upgrade", "status": status}]).maintenance) is told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["Digital Currency Funding - Bitcoin (BTC) - Staking"], None),
        (["Bitcoin (BTC) - Custody", "Bitcoin (BTC) - Opt-in Rewards"], None),
        (["Bitcoin (BTC) - Custody", "Ethereum (ETH)"], {"ETH"}),
        (["Website"], set()),
        ([], set()),
    ],
)
def test_work_on_staking_alone_is_about_nothing_that_is_paid_out(names: list[str], told: set[str] | None) -> None:
    """Maintenance that names nothing at all is about the exchange as a whole."""
    entry = {"name": "Upgrade", "status": "scheduled", "components": [{"name": name} for name in names]}
    maintenance = kraken(maintenance=[entry]).maintenance

    assert [set(told_entry.assets) for told_entry in maintenance] == ([] if told is None else [told])


def test_a_flood_of_works_is_cut() -> None:
    assert len(kraken(maintenance=[{"name": "Upgrade", "status": "scheduled"}] * 500).maintenance) == 20


def test_work_without_a_title_has_one() -> None:
    assert kraken(maintenance=[{"name": " ", "status": "scheduled"}]).maintenance == (Maintenance("Maintenance"),)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.setting)
def test_the_address_is_the_one_of_the_twin(page: StatusAdapter) -> None:
    assert page.path == TWINS[page.setting].path
    assert page.exchange == TWINS[page.setting].exchange


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.setting)
def test_a_distorted_page_opens_nothing_and_closes_nothing(page: StatusAdapter) -> None:
    """A network is told as it was, or not at all, or as one of unknown state; never as the opposite."""
    entry = Maintenance("Upgrade", NINE, TEN, assets=frozenset({"USDT"}), networks=frozenset({"TRON"}))
    flags = (WithdrawalFlag("BTC", "BITCOIN", OPEN), WithdrawalFlag("USDT", "TRON", CLOSED))
    body = TWINS[page.setting].write(ExchangeCondition(flags, maintenance=(entry,)))
    expected = {("BTC", "Bitcoin"): OPEN, ("USDT", "Tron"): CLOSED}
    for distorted in distortions(body, 150):
        try:
            content = page.parse(distorted)
        except (SourceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        for row in content.rows:
            assert row.state in {WithdrawalState.UNKNOWN, expected.get((row.asset, row.network), row.state)}
