"""What the bot itself reads on chain of an exchange's wallets: a second opinion beside the source's amounts.

Example: of Binance's 52 listed Bitcoin wallets the 36 heaviest are read, and hold 560,000 BTC at 12:00. DefiLlama says
565,000: 0.9 % more, so the two agree. Own readings are shown beside the source's and never mixed into them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.errors import SourceFault

BITCOIN, ETHEREUM = "Bitcoin", "Ethereum"
"""The chains that are read, spelled as the source spells them in its slots."""
READ_ASSETS: Mapping[str, tuple[str, ...]] = {BITCOIN: ("BTC",), ETHEREUM: ("ETH", "USDT", "USDC")}
"""The assets of each chain that are read, the one that wallets are ordered by first."""


@dataclass(frozen=True, slots=True)
class WalletBalance:
    """What one wallet holds: the amount of each asset that is read, in units of it (ETH, not wei).

    `spent` counts the outputs of transactions that it has spent so far, where the chain has such a thing.
    """

    address: str
    amounts: dict[str, float]
    spent: int = 0


@dataclass(frozen=True, slots=True)
class OwnRound:
    """The wallets of one exchange on one chain, each of them read: a round in which any was not is no round.

    `block` is the number of the block that all of them were read at, None where the interface pins none.
    """

    exchange: str
    chain: str
    as_of: datetime
    wallets: tuple[WalletBalance, ...]
    block: int | None = None


@dataclass(frozen=True, slots=True)
class OutgoingTimes:
    """When transactions left a wallet: the distinct times of their blocks, oldest first, the newest only.

    `read_at` is when that was asked. One that waits for a block has left as well, and counts at `read_at`.
    """

    wallet: str
    read_at: datetime
    times: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class OutgoingAge:
    """The last transaction that left a hot wallet, the usual gap between two, and when that was read.

    `usual_gap` is None where too few transactions are known; `is_unusual` is whether it has been long for this wallet.
    """

    last: datetime
    read_at: datetime
    usual_gap: timedelta | None = None
    is_unusual: bool = False


@dataclass(frozen=True, slots=True)
class OwnReading:
    """The last complete round of an exchange on a chain, and how the rounds after it failed.

    `as_of` is None before the first complete one. `amounts` are sums over the `read` wallets of the `listed` ones; the
    `heaviest` are those that are read, heaviest first, with `coverage` the share that they held of all listed ones in
    the last full round, at `full_at`. `spent` has the counts of `WalletBalance`, by address.
    `fault` says why the newest round, at `failed_at`, was incomplete and is discarded; None where it was complete.
    """

    exchange: str
    chain: str
    as_of: datetime | None = None
    block: int | None = None
    amounts: dict[str, float] = field(default_factory=dict)
    read: int = 0
    listed: int = 0
    coverage: float = 1.0
    heaviest: tuple[str, ...] = ()
    full_at: datetime | None = None
    spent: dict[str, int] = field(default_factory=dict)
    outgoing: OutgoingTimes | None = None
    fault: SourceFault | None = None
    detail: str = ""
    failed_at: datetime | None = None
