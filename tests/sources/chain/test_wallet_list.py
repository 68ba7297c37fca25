import re
from datetime import date

from bot.domain.own_reading import BITCOIN, ETHEREUM
from bot.sources.chain.wallet_list import published_wallets

SHAPES = {BITCOIN: r"bc1[02-9ac-hj-np-z]{39,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34}", ETHEREUM: r"0x[0-9a-f]{40}"}


def test_the_list_has_the_wallets_of_each_exchange_and_says_of_which_day_it_is() -> None:
    wallets = published_wallets()

    assert wallets.day == date(2026, 8, 22)
    assert {chain: len(exchanges) for chain, exchanges in wallets.chains.items()} == {BITCOIN: 15, ETHEREUM: 15}
    assert len(wallets.chains[BITCOIN]["binance"]) == 52


def test_every_wallet_is_an_address_of_its_chain_and_belongs_to_one_exchange() -> None:
    for chain, exchanges in published_wallets().chains.items():
        addresses = [address for listed in exchanges.values() for address in listed]
        assert len(addresses) == len(set(addresses))
        assert not [address for address in addresses if not re.fullmatch(SHAPES[chain], address)]


def test_coinbase_of_which_only_the_backing_of_a_token_is_known_is_not_listed() -> None:
    assert not any("coinbase" in exchanges for exchanges in published_wallets().chains.values())
