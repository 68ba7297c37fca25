"""What the answers to signed requests have in common: refusals with HTTP 200, and coins with their networks.

Example: Bybit answers 200 with `{"retCode":10003,"retMsg":"API key is invalid."}`, which is KEY_NOT_ACCEPTED. MEXC
and BingX list coins alike: `{"coin":"BTC","networkList":[{"network":"BTC","withdrawEnable":true}]}`.
"""

from collections.abc import Iterable, Iterator

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.sources.withdrawals.adapter import WithdrawalRow, rows_of, state_if
from bot.sources.withdrawals.announcements import plain_title


class _ListedNetwork(msgspec.Struct, rename="camel"):
    withdraw_enable: bool
    network: str = ""
    short_network: str = msgspec.field(default="", name="netWork")  # MEXC's newer spelling of the same


class _ListedCoin(msgspec.Struct, rename="camel"):
    coin: str
    network_list: list[_ListedNetwork]


_COIN = msgspec.json.Decoder(_ListedCoin)


def check_accepted(code: int | str, message: str, key_codes: frozenset[str]) -> None:
    """Raise SourceError where an answer's own code is not 0.

    `key_codes` are those of a wrong key, signature, address or right (KEY_NOT_ACCEPTED); a time that is off is said in
    words by all. Any other code, such as that of too many requests, is none of the key's (SERVER_ERROR).
    """
    if str(code) == "0":
        return
    is_about_key = str(code) in key_codes or "timestamp" in message.lower()
    fault = SourceFault.KEY_NOT_ACCEPTED if is_about_key else SourceFault.SERVER_ERROR
    raise SourceError(fault, f"code {plain_title(code)}: {plain_title(message)}")


def rows_of_coins(raw_coins: Iterable[msgspec.Raw]) -> Iterator[WithdrawalRow]:
    """Yield a row for each network of each coin; one without a name is left out."""
    for coin in rows_of(_COIN, raw_coins):
        for network in coin.network_list:
            if name := network.short_network or network.network:
                yield WithdrawalRow(coin.coin, name, state_if(network.withdraw_enable))
