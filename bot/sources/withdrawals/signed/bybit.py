"""Bybit with a key: coins with their chains, and the rights of the key.

- https://bybit-exchange.github.io/docs/v5/asset/coin-info
- https://bybit-exchange.github.io/docs/v5/user/apikey-info
"""

from collections.abc import Iterator, Mapping

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SourceStanding, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, rows_of, state_of
from bot.sources.withdrawals.announcements import plain_title
from bot.sources.withdrawals.signed.answers import check_accepted
from bot.sources.withdrawals.signed.interface import Rights, RightsAdapter, SignedInterface
from bot.sources.withdrawals.signing.bybit import sign_bybit

# Time, key, signature, right, no key, address, expired: https://bybit-exchange.github.io/docs/v5/error
_KEY_CODES = frozenset(("10002", "10003", "10004", "10005", "10007", "10010", "33004"))
_STATES: Mapping[str, WithdrawalState] = {"1": WithdrawalState.OPEN, "0": WithdrawalState.CLOSED}


class _BybitAnswer(msgspec.Struct, rename="camel"):
    ret_code: int
    result: msgspec.Raw
    ret_msg: str = ""


class _BybitCoins(msgspec.Struct):
    rows: list[msgspec.Raw]


class _BybitChain(msgspec.Struct, rename="camel"):
    chain: str
    chain_withdraw: str


class _BybitCoin(msgspec.Struct):
    coin: str
    chains: list[_BybitChain]


class _BybitKey(msgspec.Struct, rename="camel"):
    read_only: int
    permissions: dict[str, list[str] | None] = {}


_ANSWER, _COINS, _COIN = (
    msgspec.json.Decoder(_BybitAnswer),
    msgspec.json.Decoder(_BybitCoins),
    msgspec.json.Decoder(_BybitCoin),
)
_KEY = msgspec.json.Decoder(_BybitKey)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for coin in rows_of(_COIN, _COINS.decode(_result(body)).rows):
        for chain in coin.chains:
            yield WithdrawalRow(coin.coin, chain.chain, state_of(chain.chain_withdraw, _STATES))


def _rights(body: bytes) -> Rights:
    """Return what a key that is not read-only may do: ("SpotTrade", "Withdraw"), or "write" where it names nothing.

    A key that is read-only names permissions as well; they say what it may read.
    """
    key = _KEY.decode(_result(body))
    if key.read_only not in {0, 1}:
        raise SourceError(SourceFault.BAD_SHAPE, f"readOnly is {key.read_only}")
    if key.read_only:
        return ()
    return tuple(plain_title(right) for rights in key.permissions.values() for right in rights or ()) or ("write",)


def _result(body: bytes) -> msgspec.Raw:
    answer = _ANSWER.decode(body)
    check_accepted(answer.ret_code, answer.ret_msg, _KEY_CODES)
    return answer.result


BYBIT_SIGNED = SignedInterface(
    "bybit",
    sign_bybit,
    WithdrawalAdapter(
        exchange="bybit",
        name="Bybit",
        setting="bybit_url",
        base="https://api.bybit.com",
        path="/v5/asset/coin/query-info",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
    RightsAdapter(
        exchange="bybit",
        name="Bybit",
        setting="bybit_url",
        base="https://api.bybit.com",
        path="/v5/user/query-api",
        parse=_rights,
    ),
)
