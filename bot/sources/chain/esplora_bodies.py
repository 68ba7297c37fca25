"""What an Esplora server answers, read strictly. Pure.

https://github.com/Blockstream/esplora/blob/master/API.md: `/address/:address` has what a wallet ever got and spent, in
satoshis: it holds the difference. `/address/:address/txs` has the transactions that wait for a block, and the last 25
of blocks. An amount that cannot be, or the figures of another address, are refused.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.own_reading import OutgoingTimes, WalletBalance

_SATOSHIS = 10**8
_MOST_SATOSHIS = 21_000_000 * _SATOSHIS  # more there will never be
_CLOCKS_APART = timedelta(hours=2)  # a block's time may be so far ahead: https://en.bitcoin.it/wiki/Block_timestamp
_BEGIN = datetime(2009, 1, 3, tzinfo=UTC)  # of Bitcoin

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**15 * 10**3)]


class _OutputCounts(msgspec.Struct):
    funded_txo_sum: _Count
    spent_txo_sum: _Count
    spent_txo_count: _Count


class _EsploraAddress(msgspec.Struct):
    address: str
    chain_stats: _OutputCounts
    mempool_stats: _OutputCounts


class _SpentOutput(msgspec.Struct):
    scriptpubkey_address: str | None = None


class _TransactionInput(msgspec.Struct):
    prevout: _SpentOutput | None = None


class _TransactionStatus(msgspec.Struct):
    confirmed: bool
    block_time: int | None = None


class _EsploraTransaction(msgspec.Struct):
    status: _TransactionStatus
    vin: list[_TransactionInput]


_ADDRESS = msgspec.json.Decoder(_EsploraAddress)
_TRANSACTIONS = msgspec.json.Decoder(list[_EsploraTransaction])


def wallet_balance(body: bytes, wallet: str) -> WalletBalance:
    """Return what a Bitcoin wallet holds in blocks; raise SourceError, msgspec's errors for another shape.

    What waits for a block is not held yet, nor gone: it counts as spent only, for it has left.
    """
    read = _ADDRESS.decode(body)
    if read.address != wallet:
        raise SourceError(SourceFault.BAD_SHAPE, "the figures of another wallet")
    satoshis = read.chain_stats.funded_txo_sum - read.chain_stats.spent_txo_sum
    if not 0 <= satoshis <= _MOST_SATOSHIS:
        raise SourceError(SourceFault.BAD_SHAPE, "an amount that cannot be")
    spent = read.chain_stats.spent_txo_count + read.mempool_stats.spent_txo_count
    return WalletBalance(wallet, {"BTC": satoshis / _SATOSHIS}, spent)


def outgoing_times(body: bytes, wallet: str, now: datetime) -> OutgoingTimes:
    """Return when the newest transactions left a wallet; raise SourceError, msgspec's errors for another shape."""
    times = set()
    for transaction in _TRANSACTIONS.decode(body):
        if any(spent.prevout and spent.prevout.scriptpubkey_address == wallet for spent in transaction.vin):
            times.add(_left_at(transaction.status, now))
    return OutgoingTimes(wallet, now, tuple(sorted(times)))


def _left_at(status: _TransactionStatus, now: datetime) -> datetime:
    if not status.confirmed:
        return now
    latest = now + _CLOCKS_APART
    if status.block_time is None or not _BEGIN.timestamp() <= status.block_time <= latest.timestamp():
        raise SourceError(SourceFault.BAD_SHAPE, "a time of a block that cannot be")
    return min(datetime.fromtimestamp(status.block_time, UTC), now)
