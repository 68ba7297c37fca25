"""What an upstream shows that no customer moved: steps in the wallets it counts, and faults of its own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.reading import Slot


class Measure(StrEnum):
    """What the size of a jump is counted in."""

    UNITS = "units of the asset"
    USD = "USD at the price of the moment"
    PART = "part of the amount itself"


@dataclass(frozen=True, slots=True)
class WalletJump:
    """One amount changes in one step and stays so, first seen by the run after `at`; positive = more.

    The slot may be new. `exchange` is our id.
    """

    exchange: str
    at: datetime
    slot: Slot
    by: float
    measure: Measure


class FaultKind(StrEnum):
    """How the upstream's view of an exchange can be wrong for a while."""

    CHAIN_ABSENT = "a chain is not in the record"
    CHAIN_NULL = "a chain is not in the record and its sections are null in the body"
    PRICE_ODD = "an asset is valued at a multiple of its price"
    SHRUNK = "every amount is shown at a fraction of itself"
    REPEATED = "every record repeats the one before"
    SILENT = "the adapter fails: no record is written"
    GONE = "no record is written, and the list leaves the exchange out"
    INFLOW_CLAIMED = "the list's own 24 h inflow is this share of reserves, whatever the amounts say"


@dataclass(frozen=True, slots=True)
class ObservationFault:
    """One fault at one exchange, for the runs from `since` until before `until`.

    `of` names the chain or the asset where the kind asks for one; `by` is the multiple, the fraction or the share.
    """

    exchange: str
    kind: FaultKind
    since: datetime
    until: datetime
    of: str = ""
    by: float = 1.0
