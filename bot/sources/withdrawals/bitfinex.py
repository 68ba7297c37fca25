"""Bitfinex: https://docs.bitfinex.com/reference/rest-public-conf, two lists in one answer.

The first says which coins go over a method: `["TETHERUSX", ["UST"]]`. The second says which methods are open:
`["TETHERUSX", 1, 0, …]` takes deposits and no withdrawals (0: maintenance). Tether's methods name no network, and
Bitfinex has symbols of its own: UST is USDT there, UDC is USDC.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, rows_of, state_of

_STATES = {1: WithdrawalState.OPEN, 0: WithdrawalState.CLOSED}
_ASSETS = {"UST": "USDT", "UDC": "USDC", "LNX": "BTC"}  # LNX is bitcoin on Lightning
# https://docs.bitfinex.com/reference/rest-auth-withdraw. The others of Tether end with the network: TETHERUSDTSOL.
_NETWORKS = {"TETHERUSE": "ERC20", "TETHERUSX": "TRC20", "TETHERUSL": "LIQUID", "TETHERUSO": "OMNI", "TETHERUSS": "EOS"}
_TETHER = "TETHERUSDT"

_COINS_OF_METHOD = msgspec.json.Decoder(tuple[str, list[str]])
_STATUS = msgspec.json.Decoder(list[Any])


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    lists = RAW_ROWS.decode(body)
    if len(lists) != 2:  # noqa: PLR2004 -- the two that were asked for
        raise SourceError(SourceFault.BAD_SHAPE, f"{len(lists)} lists in place of 2")
    statuses = dict(_status(columns) for columns in rows_of(_STATUS, RAW_ROWS.decode(lists[1])))
    for method, coins in rows_of(_COINS_OF_METHOD, RAW_ROWS.decode(lists[0])):
        if method in statuses:
            for coin in coins:
                yield WithdrawalRow(_ASSETS.get(coin, coin), _network(method), statuses[method])


def _status(columns: Sequence[Any]) -> tuple[str, WithdrawalState]:
    """Return a method with its state; a row of another form is of no method."""
    match columns:
        case [str(method), int(), int(withdrawal), *_] if not isinstance(withdrawal, bool):
            return method, state_of(withdrawal, _STATES)
        case [str(method), *_]:
            return method, WithdrawalState.UNKNOWN
        case _:
            return "", WithdrawalState.UNKNOWN


def _network(method: str) -> str:
    return _NETWORKS.get(method, method.removeprefix(_TETHER))


BITFINEX = WithdrawalAdapter(
    exchange="bitfinex",
    name="Bitfinex",
    setting="bitfinex_url",
    base="https://api-pub.bitfinex.com",
    path="/v2/conf/pub:map:tx:method,pub:info:tx:status",
    parse=_parse,
)
