"""Bitfinex's two lists: which coins go over a method, and which methods are open."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, is_open

_SYMBOLS = {"USDT": "UST", "USDC": "UDC"}
_TETHER = {"ETHEREUM": "TETHERUSE", "TRON": "TETHERUSX"}
_OWN_COINS = {"BTC", "ETH", "SOL", "XRP", "TRX"}


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    known = [flag for flag in flags if flag.state is not WithdrawalState.UNKNOWN]
    methods = [[_method(flag), [_SYMBOLS.get(flag.asset, flag.asset)]] for flag in known]
    statuses = [_status(_method(flag), is_enabled=is_open(flag)) for flag in known]
    return [[*methods, ["EIDOO", ["EDO"]]], [*statuses, _status("EIDOO", is_enabled=False)]]


def _method(flag: WithdrawalFlag) -> str:
    if flag.asset == "USDT":
        return _TETHER.get(flag.network, f"TETHERUSDT{flag.network[:3]}")
    return flag.network if flag.asset in _OWN_COINS else f"{flag.asset}{flag.network}"


def _status(method: str, *, is_enabled: bool) -> list[Any]:
    return [method, 1, int(is_enabled), None, None, None, None, 0, 0, None, None, 3]


BITFINEX_TWIN = WithdrawalTwin(
    exchange="bitfinex",
    setting="bitfinex_url",
    path="/v2/conf/pub:map:tx:method,pub:info:tx:status",
    write=_write,
)
