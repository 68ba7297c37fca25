"""What an exchange publishes to show that it holds what it owes: a proof of reserves, and what is known of it here.

Example: Binance's of 2026-04-01 says 619,136 BTC held for 618,951 BTC owed, a ratio of 1.0003. Nobody outside reviewed
it, it comes monthly, and it is read from Binance itself. That of an exchange without an interface is a row of a table
that people keep (`bot/sources/proofs/curated.json`): a newer proof may exist, so that nothing is called late by it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

CURATED_MAX_AGE = timedelta(days=92)
"""A row of the table whose sources tell of nothing newer than a quarter ago is to be looked up again."""
_SHORT_BELOW = 0.99995
"""A ratio that shows as 100.00 % is not below it: exchanges publish four to six digits."""


class Liabilities(StrEnum):
    """Whether a proof says what the exchange owes its customers. Without it reserves prove nothing."""

    INCLUDED = "included"
    LEFT_OUT = "left out"
    UNKNOWN = "unknown"


class ProofMethod(StrEnum):
    """How customers, or anybody, can check that what is owed was counted."""

    ZK_SNARK = "zk-SNARK"
    ZK_STARK = "zk-STARK"
    MERKLE_TREE = "Merkle tree"
    MERKLE_SUM_TREE = "Merkle sum tree"
    ATTESTED_MERKLE_TREE = "attested Merkle tree"
    FULL_LIST = "full list"
    ATTESTATION = "attestation"
    UNKNOWN = "unknown"


class ProofState(StrEnum):
    """Whether there are proofs at all."""

    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    """The reviewer took its report back, and no other one has come since."""
    NONE = "none"
    NONE_PUBLIC_COMPANY = "none, a public company"
    """Its accounts are audited and filed as those of a listed company."""


class ProofRemark(StrEnum):
    """What has to be known beside one exchange's proof."""

    REVIEWER_DISPUTED = "reviewer disputed"
    """Two pages of the exchange and of the reviewer say different things of who checks it."""
    REVIEWER_UNNAMED = "reviewer unnamed"
    """Somebody outside checks it, whom the table does not name."""
    NEEDS_LOGIN = "needs login"
    HISTORY_HIDDEN = "history hidden"
    LIABILITIES_CLAIMED = "liabilities claimed"
    """The exchange says that they are included, which cannot be looked up."""


@dataclass(frozen=True, slots=True)
class AssetRatio:
    """What is held of an asset as a part of what is owed: 1.0003 is 100.03 %. Amounts are None where not published."""

    asset: str
    ratio: float | None
    reserves: float | None = None
    liabilities: float | None = None

    @property
    def is_short(self) -> bool:
        """Return whether less is held than is owed."""
        return self.ratio is not None and self.ratio < _SHORT_BELOW


@dataclass(frozen=True, slots=True)
class ProofOfReserves:
    """The newest proof of an exchange that is known here.

    `as_of` is the day on which balances were counted, None where that is not known; with `is_month` only its month is,
    of which it is the last day. `cadence_days` is how often proofs come, None where they come at no fixed times.
    `reviewer` is who checked it, None for nobody outside. `ratios_of` is the day or the month of an
    older proof that the ratios are from, "" for this one. `total_ratio` is one ratio of all assets together, and
    `ratio_range` the lowest and the highest of single assets, where nothing more is known of them. A proof was read
    from the exchange at `read_at`; one of the table has None there, and in `told_on` the newest day that its sources
    tell of.
    """

    exchange: str
    name: str
    state: ProofState = ProofState.PUBLISHED
    as_of: date | None = None
    is_month: bool = False
    cadence_days: int | None = None
    method: ProofMethod = ProofMethod.UNKNOWN
    reviewer: str | None = None
    liabilities: Liabilities = Liabilities.UNKNOWN
    ratios: tuple[AssetRatio, ...] = ()
    ratios_of: str = ""
    total_ratio: float | None = None
    ratio_range: tuple[float, float] | None = None
    remarks: tuple[ProofRemark, ...] = ()
    url: str = ""
    read_at: datetime | None = None
    told_on: date | None = None

    @property
    def is_live(self) -> bool:
        """Return whether it was read from the exchange, so that it is the newest one there is."""
        return self.read_at is not None

    def age_days(self, now: datetime) -> int | None:
        """Return how many days ago balances were counted, None where nobody knows."""
        return None if self.as_of is None else max(0, (now.date() - self.as_of).days)

    def late_days(self, now: datetime) -> int | None:
        """Return for how many days the next one has been due, 0 or less while it is not; None where nobody knows.

        Of a proof from the table nobody knows: the next one may have come, and not be in the table yet.
        """
        if not self.is_live or self.as_of is None or self.cadence_days is None:
            return None
        return (now.date() - self.as_of).days - self.cadence_days

    def is_outdated(self, today: date) -> bool:
        """Return whether a row of the table is to be looked up again."""
        return not self.is_live and (self.told_on is None or today - self.told_on > CURATED_MAX_AGE)
