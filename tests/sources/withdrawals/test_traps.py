"""What is easily read wrong: of each exchange its own, in the words of its documentation."""

import json
from typing import Any

import pytest

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalRow
from tests.sources.withdrawals.bodies import BY_EXCHANGE, CLOSED, DELAYED, OPEN, UNKNOWN, collected, sample


def rows(exchange: str, body: Any) -> list[WithdrawalRow]:
    return list(BY_EXCHANGE[exchange].parse(json.dumps(body).encode()))


def edited(value: Any, edits: dict[str, Any]) -> Any:
    """Return a body with the values of some keys replaced, wherever these are."""
    if isinstance(value, dict):
        return {key: edits.get(key, edited(child, edits)) for key, child in value.items()}
    return [edited(child, edits) for child in value] if isinstance(value, list) else value


def states(exchange: str, **edits: Any) -> list[WithdrawalState]:
    """Return the states that a sample has with other values of some keys."""
    return [state for _, _, state in rows(exchange, edited(sample(exchange), edits))]


def test_gates_coin_switch_is_of_its_main_chain_and_closes_no_other() -> None:
    assert rows("gate", edited(sample("gate"), {"withdraw_delayed": False})) == [
        ("USDT", "ETH", CLOSED),
        ("USDT", "BSC", OPEN),
    ]
    assert states("gate", withdraw_disabled=True, withdraw_delayed=True) == [CLOSED, CLOSED]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("enabled", OPEN),
        ("withdrawal_only", OPEN),
        ("deposit_only", CLOSED),
        ("funding_temporarily_disabled", CLOSED),
        ("disabled", UNKNOWN),
    ],
)
def test_krakens_four_statuses_are_told_apart(status: str, state: WithdrawalState) -> None:
    assert states("kraken", status=status) == [state, state]


def test_kraken_calls_bitcoin_xbt_and_lists_claims_on_itself() -> None:
    claims = {
        "XBT.M": {"altname": "XBT.M", "status": "deposit_only"},
        "ATOM.S": {"altname": "ATOM.S", "status": "enabled"},
    }
    body = sample("kraken")
    assert rows("kraken", body | {"result": claims | body["result"]}) == [
        ("ATOM", ALL_NETWORKS, OPEN),
        ("BTC", ALL_NETWORKS, CLOSED),
    ]


@pytest.mark.parametrize(
    ("exchange", "edits"),
    [
        ("gate", {"delisted": True}),
        ("hitbtc", {"delisted": True}),
        ("poloniex", {"delisted": True}),
        ("htx", {"instStatus": "delisted"}),
        ("bitvavo", {"withdrawalStatus": "DELISTED"}),
        ("coinbase", {"status": "delisted"}),
        ("upbit", {"wallet_state": "unsupported"}),
        ("binance", {"trading": False}),
        ("binance", {"isLegalMoney": True}),
        ("cex.io", {"fiat": True}),
        ("kucoin", {"chains": None}),
    ],
)
def test_what_is_delisted_or_no_coin_has_no_row(exchange: str, edits: dict[str, Any]) -> None:
    assert states(exchange, **edits) == []


def test_an_asset_that_is_tracked_is_told_even_while_it_is_not_traded() -> None:
    assert states("binance", trading=False, coin="BTC") == [OPEN]


@pytest.mark.parametrize(
    ("exchange", "coin_switch", "chain_switch"),
    [
        ("binance", {"withdrawAllEnable": False}, {"withdrawEnable": False}),
        ("hitbtc", {"payout_enabled": False}, {"payout_enabled": False}),
        ("hashkey-global", {"allowWithdraw": False}, {"allowWithdraw": False}),
        ("bitstamp", {"withdrawal": "Disabled"}, {"withdrawal": "Disabled"}),
        ("coinex", {"withdraw_enabled": False}, {"withdraw_enabled": False}),
        ("coinbase", {"status": "offline"}, {"status": "offline"}),
    ],
)
def test_where_coins_and_chains_have_switches_each_of_them_closes(
    exchange: str, coin_switch: dict[str, Any], chain_switch: dict[str, Any]
) -> None:
    body = sample(exchange)
    coin = first_coin(body)
    owner = coin.get("asset", coin)
    chain = next(value for value in coin.values() if isinstance(value, list) and value)[0]
    assert rows(exchange, body)[0][2] is OPEN
    owner.update(coin_switch)
    assert rows(exchange, body)[0][2] is CLOSED
    owner.update(first_coin_values(exchange, coin_switch))
    chain.update(chain_switch)
    assert rows(exchange, body)[0][2] is CLOSED


def first_coin(body: Any) -> dict[str, Any]:
    if isinstance(body, list):
        return dict_of(body[0])
    return dict_of((body.get("data") or body.get("coins") or list(body.values()))[0])


def first_coin_values(exchange: str, keys: dict[str, Any]) -> dict[str, Any]:
    coin = first_coin(sample(exchange))
    owner = coin.get("asset", coin)
    return {key: owner[key] for key in keys}


def dict_of(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def test_what_is_busy_or_congested_is_delayed_and_not_closed() -> None:
    assert states("binance", busy=True) == [DELAYED]
    assert states("binance", busy=True, withdrawEnable=False) == [CLOSED]
    assert states("bitget", congestion="congested") == [DELAYED]
    assert states("bitget", congestion="congested", withdrawable="false") == [CLOSED]
    assert states("upbit", block_state="delayed") == [DELAYED]
    assert states("upbit", block_state="inactive") == [DELAYED]
    assert states("upbit", block_state="delayed", wallet_state="paused") == [CLOSED]


def test_a_boolean_in_words_or_numbers_is_its_word_or_number_and_nothing_else() -> None:
    assert states("bitget", withdrawable="false") == [CLOSED]
    assert states("bitget", withdrawable="False") == [UNKNOWN]
    assert states("woo-x", allow_withdraw="0") == [CLOSED, CLOSED]
    assert states("woo-x", allow_withdraw="") == [UNKNOWN, UNKNOWN]
    assert states("bithumb", withdrawal_status=0) == [CLOSED]
    assert states("bithumb", withdrawal_status=2) == [UNKNOWN]
    assert states("digifinex", withdraw_status=-1) == [UNKNOWN]


@pytest.mark.parametrize(
    ("wallet_state", "state"),
    [("working", OPEN), ("withdraw_only", OPEN), ("deposit_only", CLOSED), ("paused", CLOSED), ("new", UNKNOWN)],
)
def test_upbits_wallets_have_four_states(wallet_state: str, state: WithdrawalState) -> None:
    assert states("upbit", wallet_state=wallet_state) == [state]


@pytest.mark.parametrize(("status", "state"), [("OK", OPEN), ("MAINTENANCE", CLOSED), ("PAUSED", UNKNOWN)])
def test_bitvavos_assets_have_one_status(status: str, state: WithdrawalState) -> None:
    assert states("bitvavo", withdrawalStatus=status) == [state]


def test_whitebits_networks_are_open_while_they_are_listed_for_withdrawals() -> None:
    def of_networks(
        deposits: list[str], withdraws: list[str], *, can_withdraw: bool
    ) -> list[tuple[str, WithdrawalState]]:
        networks = {"deposits": deposits, "withdraws": withdraws}
        body = edited(sample("whitebit"), {"can_withdraw": can_withdraw, "networks": networks})
        return [(network, state) for _, network, state in rows("whitebit", body)]

    assert of_networks(["ERC20", "TRC20"], ["ERC20"], can_withdraw=True) == [("ERC20", OPEN), ("TRC20", CLOSED)]
    assert of_networks([], ["ERC20"], can_withdraw=True) == [("ERC20", OPEN)]
    assert of_networks(["ERC20"], ["ERC20"], can_withdraw=False) == [("ERC20", CLOSED)]
    assert of_networks([], [], can_withdraw=False) == [("BTC", CLOSED)]  # those that it needs confirmations on
    assert of_networks(["ERC20"], [], can_withdraw=True) == [("ERC20", UNKNOWN)]  # contradicts itself
    assert of_networks([], [], can_withdraw=True) == []


def test_a_currency_of_a_state_at_whitebit_has_payment_services_for_networks() -> None:
    body = {"USD": sample("whitebit")["BTC"] | {"providers": {"withdraws": ["ADVCASH"]}}}
    assert rows("whitebit", body) == []


async def test_bitfinex_has_symbols_and_methods_of_its_own() -> None:
    methods = [
        ["TETHERUSE", ["UST"]],
        ["TETHERUSX", ["UST"]],
        ["TETHERUSDTSOL", ["UST"]],
        ["ETHEREUM", ["ETH"]],
        ["NOSTATUS", ["BTC"]],
    ]
    statuses = [["TETHERUSE", 1, 1], ["TETHERUSX", 1, 0], ["TETHERUSDTSOL", 0, 1, None], ["ETHEREUM", 1, True], [7, 1]]
    collector = await collected(BY_EXCHANGE["bitfinex"], json.dumps([methods, statuses]).encode())
    assert [(flag.asset, flag.network, flag.state) for flag in collector.flags()] == [
        ("ETH", "ETHEREUM", UNKNOWN),
        ("USDT", "ETHEREUM", OPEN),
        ("USDT", "SOLANA", OPEN),
        ("USDT", "TRON", CLOSED),
    ]


def test_htx_may_leave_the_display_name_empty() -> None:
    """As for USDT in its documentation, where the chain named "usdt" is Omni."""
    omni = {"chain": "usdt", "displayName": "", "baseChainProtocol": "OMNI", "withdrawStatus": "allowed"}
    bitcoin = {"chain": "btc", "displayName": "", "withdrawStatus": "allowed"}
    body = {"code": 200, "data": [{"currency": "usdt", "chains": [omni, bitcoin], "instStatus": "normal"}]}
    assert rows("htx", body) == [("usdt", "OMNI", OPEN), ("usdt", "btc", OPEN)]
    assert states("htx", instStatus="strange") == [UNKNOWN]


def test_hitbtc_names_a_network_by_its_protocol_first() -> None:
    """USDT over Omni is on the network BTC there, and must not be taken for bitcoin's."""
    assert rows("hitbtc", edited(sample("hitbtc"), {"network": "BTC", "protocol": "OMNI"})) == [("DFC", "OMNI", OPEN)]
    assert rows("hitbtc", edited(sample("hitbtc"), {"network": "BTC", "protocol": ""})) == [("DFC", "BTC", OPEN)]


def test_bitmarts_names_end_with_a_network_where_there_are_several() -> None:
    body = sample("bitmart")
    assert rows("bitmart", edited(body, {"currency": "BTC", "network": "BTC"})) == [("BTC", "BTC", OPEN)]
    assert rows("bitmart", edited(body, {"currency": "USDC-SOL", "network": "Solana"})) == [("USDC", "Solana", OPEN)]


async def test_lbank_may_leave_the_chain_out() -> None:
    body = sample("lbank")
    coin = {"assetCode": "btc", "canWithDraw": False}
    collector = await collected(BY_EXCHANGE["lbank"], json.dumps(body | {"data": [coin]}).encode())
    assert [(flag.asset, flag.network, flag.state) for flag in collector.flags()] == [("BTC", ALL_NETWORKS, CLOSED)]
