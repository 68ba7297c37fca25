"""Which wallets a round reads, and what is known after it. Pure.

Which wallets: the first round reads all that are listed, and orders them by what they hold. The rounds after it read
the heaviest only, and once a day all again, because coins move to other wallets. Example: OKX has 257 listed Bitcoin
wallets. At 00:00 all are read, and the 36 heaviest hold 97 % of the coins: those are read until the next day.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.errors import SourceError
from bot.domain.own_reading import READ_ASSETS, OutgoingTimes, OwnReading, OwnRound, WalletBalance

FULL_ROUND_EVERY = timedelta(days=1)
OUTGOING_TIMES_MAX = 64
"""Of a busy wallet about half a day of blocks, which is enough to know its usual gap."""


def wallets_to_read(
    listed: Sequence[str], before: OwnReading | None, now: datetime, most: int | None = None
) -> Sequence[str]:
    """Return the wallets of the next round: all, or the `most` heaviest of the last full round; None: always all."""
    if most is None or len(listed) <= most or before is None or before.full_at is None:
        return listed
    is_same_list = before.listed == len(listed) and set(before.heaviest) <= set(listed)
    # Where the clock was set back, how long ago the last full round was is not known.
    is_recent = timedelta() <= now - before.full_at < FULL_ROUND_EVERY
    return before.heaviest[:most] if is_same_list and is_recent and before.heaviest else listed


def after_round(before: OwnReading | None, done: OwnRound, listed: int, most: int | None = None) -> OwnReading:
    """Return what is known after a complete round; `listed` counts the wallets of the list.

    The figures are those of the wallets that every round reads, also after a full one: otherwise they would fall once a
    day, by what the others hold.
    """
    asset = READ_ASSETS[done.chain][0]
    ordered = sorted(done.wallets, key=lambda wallet: (-wallet.amounts.get(asset, 0.0), wallet.address))
    kept = ordered[:most]
    is_full = len(ordered) >= listed
    coverage = _share(kept, ordered, asset) if is_full or before is None else before.coverage
    # The order of the last full round stays, so that the same wallets are read until the next one.
    heaviest = tuple(wallet.address for wallet in kept) if is_full or before is None else before.heaviest
    return OwnReading(
        done.exchange,
        done.chain,
        as_of=done.as_of,
        block=done.block,
        amounts={asset: sum(wallet.amounts.get(asset, 0.0) for wallet in kept) for asset in READ_ASSETS[done.chain]},
        read=len(kept),
        listed=listed,
        coverage=coverage,
        heaviest=heaviest,
        full_at=done.as_of if is_full or before is None else before.full_at,
        spent={wallet.address: wallet.spent for wallet in ordered if wallet.spent},
        outgoing=before.outgoing if before else None,
    )


def after_failure(
    before: OwnReading | None, exchange: str, chain: str, failure: SourceError, now: datetime
) -> OwnReading:
    """Return what is known after an incomplete round: the last complete one, and why there is no newer one."""
    known = before or OwnReading(exchange, chain)
    return replace(known, fault=failure.fault, detail=failure.detail, failed_at=now)


def hot_wallet(before: OwnReading | None, done: OwnRound) -> str | None:
    """Return the wallet that transactions leave most often: the one to be asked when the last one left.

    That is the one whose count of spent outputs rose most since the round before. Where none rose it is the same as
    before, and at first the one that has spent most of all.
    """
    counts = {wallet.address: wallet.spent for wallet in done.wallets if wallet.spent}
    if not counts:
        return None
    earlier = before.spent if before else {}
    risen = {address: count - earlier[address] for address, count in counts.items() if address in earlier}
    busiest = max(risen, key=lambda address: risen[address], default=None)
    if busiest and risen[busiest] > 0:
        return busiest
    if before and before.outgoing:
        return before.outgoing.wallet
    return max(counts, key=lambda address: counts[address])


def with_outgoing(reading: OwnReading, asked: OutgoingTimes) -> OwnReading:
    """Return a reading with what was told of its hot wallet; of the same wallet earlier times are kept as well.

    An answer holds the last 25 transactions, which at a busy wallet are those of the last block alone.
    """
    before = reading.outgoing
    earlier = before.times if before and before.wallet == asked.wallet else ()
    # What was told before as waiting for a block had the time at which it was asked: the block's own replaces it.
    settled = {time for time in earlier if before and time < before.read_at}
    times = tuple(sorted(settled | set(asked.times)))[-OUTGOING_TIMES_MAX:]
    return replace(reading, outgoing=replace(asked, times=times))


def _share(kept: Sequence[WalletBalance], all_wallets: Sequence[WalletBalance], asset: str) -> float:
    total = sum(wallet.amounts.get(asset, 0.0) for wallet in all_wallets)
    return sum(wallet.amounts.get(asset, 0.0) for wallet in kept) / total if total > 0 else 1.0
